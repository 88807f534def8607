/** NIfTI, compressed pixels, metrics, pictures. */
export const IMAGES = {
  'E_CODEC_DIMS/size': [
    'Size or components of the compressed image are not those of the data set.',
    'Export the series again, uncompressed if possible.',
  ],
  'E_CODEC_DIMS/bits': [
    'The bits of the compressed image are not those of the data set.',
    'Export the series again, uncompressed if possible.',
  ],
  'E_CODEC_DIMS/sign': [
    'The compressed image has fewer bits than the data set says, and values are signed.',
    'Export the series again, uncompressed if possible.',
  ],
  'E_CODEC_TRUNCATED/cut-short': [
    'The compressed pixel data is cut short.',
    'Copy or export the file again.',
  ],
  'E_CODEC/damaged': [
    'The compressed pixel data cannot be decoded: {what:codestream}.',
    'Export the series again, uncompressed if possible.',
  ],
  'E_CODEC/segments': [
    'The compressed pixel data cannot be decoded: it has {found|# segment|# segments} where {expected|one belongs|# belong}.',
    'Export the series again, uncompressed if possible.',
  ],
  'E_CODEC/tiles': [
    'The compressed pixel data cannot be decoded: it has more than {most} tiles.',
    'Export the series again, uncompressed if possible.',
  ],
  'E_CODEC/jpeg-process': [
    'The compressed pixel data cannot be decoded: JPEG process {process:raw} is not used in DICOM.',
    'Export the series again, uncompressed if possible.',
  ],
  'E_CODEC/slow': [
    'The compressed pixel data cannot be decoded: a frame took over {seconds} seconds.',
    'Export the series again, uncompressed if possible.',
  ],
  'E_SHAPE/mask': ['The mask and the reference differ in size.', 'Give a mask of the same grid.'],
  'E_VALUES/no-peak': [
    'The reference is constant or has no positive value, so that it has no peak.',
    'Check the reference; shift a signed image so that air is 0.',
  ],
  'E_VALUES/empty-mask': ['The mask is empty.', 'Give a mask with voxels in it, or none.'],
  'E_SHAPE/images': [
    'The images differ in size: {one:text} and {other:text}.',
    'Compare images on the same grid.',
  ],
  'E_VALUES/image-not-finite': ['An image has values that are not finite.', 'Replace them first.'],
  'E_BOMB/gzip-announced': [
    'The file inflates to more than its header announces.',
    'Check where the file comes from.',
  ],
  'E_NIFTI/gzip': ['The compressed file is damaged or truncated.', 'Copy the file again.'],
  'E_NIFTI/short': ['The file is shorter than a NIfTI header.', 'Give a NIfTI file (.nii or .nii.gz).'],
  'E_NIFTI/other-file': ['This is not a NIfTI file.', 'Give a NIfTI file (.nii or .nii.gz).'],
  'E_NIFTI/magic': ['The NIfTI magic string is missing.', 'Give a NIfTI file (.nii or .nii.gz).'],
  'E_NIFTI/offset': ['The offset of the image is impossible.', 'Give a NIfTI file (.nii or .nii.gz).'],
  'E_NIFTI/rank': ['The number of dimensions is impossible.', 'Give a NIfTI file (.nii or .nii.gz).'],
  'E_NIFTI/dimension': ['A dimension is not positive.', 'Give a NIfTI file (.nii or .nii.gz).'],
  'E_SHAPE/nifti-axis': ['NIfTI-1 holds at most 32767 voxels along an axis.', 'Split the image.'],
  'E_BOMB/nifti-voxels': ['The image announces more voxels than can be read.', 'Split the image.'],
  'E_NIFTI/datatype': [
    'NIfTI datatype {code:raw} does not hold single real values that can be denoised.',
    'Convert the image to a real magnitude image in integers, float32 or float64.',
  ],
  'E_NIFTI/pair': [
    'A NIfTI header without its image was given, or an image too many.',
    'Give one .nii file, or convert the .hdr and .img pair to it.',
  ],
  'E_NIFTI/ends-early': ['The image ends before its last voxel.', 'Copy the file again.'],
  'E_VALUES/float32-steps': [
    'The values differ by so little beside their size that float32 would round them.',
    'Subtract what all values have in common, and give that image.',
  ],
  'E_VALUES/float32': [
    'The values are larger than float32 holds (3e38), or so small that they would be 0.',
    'Scale the image to usual values and give that.',
  ],
  'E_SHAPE/nifti-size': [
    'The data has another size than the NIfTI header.',
    'Write images of the same grid.',
  ],
  'E_NIFTI/nifti2-magic': [
    'The NIfTI magic string is missing, or the file was changed by a transfer as text.',
    'Convert it to NIfTI-1, for example with nibabel or mrconvert.',
  ],
  'E_NIFTI/nifti2-size': [
    'The image is too large along an axis, or its size is impossible.',
    'Convert it to NIfTI-1, for example with nibabel or mrconvert.',
  ],
  'E_SHAPE/picture': ['The values do not fill the picture.', 'Give rows * columns values.'],
  'E_NIFTI/alone': [
    'The {there:text} of a pair is there without its {missing:text}.',
    'Put the two beside each other, or convert them to one .nii file.',
  ],
  'E_VALUES/severity': [
    'The severity of the artifact {artifact:text} is out of range.',
    'Choose a severity from {least} to {most} ({unit:text}).',
    'edge',
  ],
  'E_VALUES/artifact-not-finite': [
    'The image holds values that are not finite.',
    'Replace them before simulating an artifact.',
  ],
} as const;
