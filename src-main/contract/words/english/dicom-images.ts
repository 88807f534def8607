/** DICOM images: what is read of them, how they make series, and what is written. */
export const DICOM_IMAGES = {
  'E_PIXEL_LENGTH/fragments': [
    'The compressed pixel data has {fragments|# fragment|# fragments}, which {fragments|does|do} not make {frames|# frame|# frames}.',
    'Copy or export the file again.',
  ],
  'E_NOT_FOUND/image-frame': ['The image has no such frame.', 'Open the input again.'],
  'E_NOT_ELIGIBLE/samples': [
    'Only images with one sample of 8, 16 or 32 bits per pixel are decoded.',
    'Nothing to do: the image is left out.',
  ],
  'E_SOURCE_CHANGED/in-use': ['The file changed while it was in use.', 'Scan the input again.'],
  'E_CANCELLED/decoding': ['Decoding was cancelled.', 'Run again.'],
  'E_SHAPE/image': ['Image and source have different sizes.', 'Report this.'],
  'E_VALUES/rescale-slope': ['The rescale slope or intercept is not usable.', 'Export the series again.'],
  'E_VALUES/result': ['The result holds values that are not numbers.', 'Train again with another seed.'],
  'E_NOT_ELIGIBLE/bits': ['Images of {bits} bits a pixel are not denoised.', 'Leave this series out.'],
  'E_BOMB/map-pixels': ['The map claims more pixels than any real one has.', 'Leave it out.'],
  'E_NOT_FOUND/map-frame': ['The map has no such frame.', 'Open the input again.'],
  'E_PIXEL_LENGTH/map-values': [
    'The map has more or fewer values than its dimensions ask for.',
    'Copy or export the file again.',
  ],
  'E_ELEMENT/map-lacks': ['The map has no {name:text}.', 'Export the series again.'],
  'E_ELEMENT/map-frames': ['The map has no usable Number of Frames.', 'Export the series again.'],
  'E_PIXEL_LENGTH/length': [
    'The pixel data has {found} bytes where its dimensions ask for {expected}.',
    'Copy or export the file again.',
  ],
  'E_ELEMENT/image-lacks': ['The image has no {name:text}.', 'Export the series again.'],
  'E_ELEMENT/impossible': ['{names:list} has an impossible value.', 'Export the series again.'],
  'E_BOMB/pixels': ['The image claims more pixels than any real one has.', 'Split it into single images.'],
  'E_ELEMENT/no-groups': [
    'The enhanced image has no functional groups, which say where each frame lies.',
    'Export the series again, or as classic images.',
  ],
  'E_ELEMENT/groups': [
    'The enhanced image has {frames|# frame|# frames}, and functional groups for {groups}.',
    'Export the series again, or as classic images.',
  ],
  'E_VALUES/rescale': ['Rescale Slope or Intercept is not a usable number.', 'Export the series again.'],
  'E_UID/named': ['{name:text} is missing or not a valid UID.', 'Export the series again.'],
  'E_NOT_ELIGIBLE/no-image': [
    'The file has no image pixels (a report, plan, directory or the like).',
    'Nothing to do: it is left out.',
  ],
  'E_NOT_ELIGIBLE/real-pixels': [
    'The pixels of the file are floating-point numbers, as of maps.',
    'Nothing to do: it is left out. Where it is an image, export it with pixels that are integers.',
  ],
  'E_CANCELLED/scan': ['Cancelled.', 'Run again to start over.'],
  'E_MIXED/patients': [
    'Images of different patients or studies carry the same Series Instance UID.',
    'Separate them, or export the series again.',
  ],
  'W_INCOMPLETE/concatenation': [
    'The image was cut into {total} files (a concatenation), of which {missing|one is|# are} missing: part {parts:list}{more|| and one more| and # more}.',
    'What is there is denoised; export the series again to have all.',
  ],
  'W_SKIPPED/archive': ['An archive inside the input was left out.', 'Open it by itself, or unpack it.'],
  'W_SKIPPED/copy': [
    'A second file of the same image, with other labels, was left out.',
    'Nothing to do where the first is the right one; else keep the right one only.',
  ],
  'W_SKIPPED/recoded-copy': [
    'A second file of the same image, with the same values compressed or laid out in another way, was left out.',
    'Nothing to do.',
  ],
  'W_SKIPPED/lossy-copy': [
    'A file of an image that is there without loss as well was compressed with loss, and was left out.',
    'Nothing to do.',
  ],
  'E_DUP_UID/instance': [
    'Two files carry the same SOP Instance UID but are not the same.',
    'Keep the right one of the two only.',
  ],
  'W_INCOMPLETE/named-volumes': [
    '{volumes|Volume|Volumes} {named:list}{more|| and one more| and # more} of the series {volumes|lacks|lack} slices. What is there of {volumes|it|them}, {images|# image|# images}, {images|is|are} denoised apart from the whole volumes.',
    'Nothing to do where the scan was stopped early; else export the series again.',
  ],
  'W_INCOMPLETE/slices': [
    '{missing|# slice|# slices} of an even stack of {slices} {missing|is|are} missing.',
    'The others are denoised as the stack they are; export the series again to have all.',
  ],
  'W_GEOMETRY/stack': [
    'The slices are not an even stack: {flags:geometry}.',
    'Slices are denoised one by one, without their neighbours.',
  ],
  'W_ALREADY_DENOISED/product': [
    'The series was denoised by this product already.',
    'Denoise the original series.',
    'edge',
  ],
  'W_NOT_CONFORMING/series': [
    'Files of the series break rules of DICOM: {oddities:oddity}.',
    'They are read, as what they mean is certain; tell whoever wrote them.',
  ],
  'W_LOSSY_SOURCE/series': [
    'The images were compressed with loss: some of their noise is compression.',
    'Use the uncompressed series if it still exists.',
  ],
  'E_NOT_ELIGIBLE/modality': ['Only MR and CT images are taken.', 'Nothing to do: the series is left out.'],
  'E_NOT_ELIGIBLE/colour': ['Colour images are not taken.', 'Nothing to do: the series is left out.'],
  'E_NOT_ELIGIBLE/series-bits': [
    'Images with {bits} bits per pixel are not denoised.',
    'Nothing to do: the series is left out.',
  ],
  'E_NOT_ELIGIBLE/alignment': [
    'The pixel bits are not right aligned.',
    'Export the series again, in a current format.',
  ],
  'E_NOT_ELIGIBLE/lookup': [
    'The values go through a lookup table that has no inverse.',
    'Nothing to do: the series is left out.',
  ],
  'E_CANCELLED/reading': ['Cancelled.', 'Run again: it resumes.'],
  'E_BOMB/voxels': ['The series has more voxels than fit into memory.', 'Split it into smaller series.'],
  'E_SOURCE_CHANGED/scanned': ['A file changed after it was scanned.', 'Scan the input again.'],
  'E_ELEMENT/groups-absent': [
    'The functional groups of the image are absent, or cannot be taken apart.',
    'Export the series again.',
  ],
  'E_UID/malformed': ['A UID is missing or malformed.', 'Export the series again.'],
  'E_PIXEL_LENGTH/header': [
    'The image has {found} pixels where its header says {expected}.',
    'Export the series again.',
  ],
  'E_VALUES/bits-stored': ['A pixel does not fit into BitsStored.', 'Report this.'],
  'E_ELEMENT/pixel-bits': ['The bits of a pixel contradict each other.', 'Export the series again.'],
  'E_ELEMENT/no-pixels': ['The image has no pixels.', 'Export the series again.'],
  'E_ELEMENT/frames': ['NumberOfFrames is not a number.', 'Export the series again.'],
  'E_ELEMENT/malformed': ['{element:text} is missing or malformed.', 'Export the series again.'],
  'E_NOT_ELIGIBLE/no-pixel-data': ['The instance has no pixel data.', 'Leave this series out.'],
  'E_NOT_ELIGIBLE/colour-image': ['Colour images are not taken.', 'Leave this series out.'],
  'E_NOT_ELIGIBLE/frames': ['The frames of the image are images of their own.', 'Report this.'],
  'E_GEOMETRY/orientation': [
    'Orientation or pixel spacing is missing or malformed.',
    'Export the series again with its geometry.',
  ],
  'E_GEOMETRY/reference': [
    'The source has no frame of reference.',
    'Export the series again with its geometry.',
  ],
  'E_SHAPE/map': ['The map has another size than its source.', 'Report this.'],
  'E_NOT_ELIGIBLE/burned-in': [
    'A map of an image with burned-in annotation cannot be stored as a Parametric Map.',
    'Run without the error map.',
  ],
  'E_VALUES/map-not-finite': ['The map holds values that are not numbers.', 'Report this.'],
  'E_SHAPE/source-mask': ['The mask has another size than its source.', 'Report this.'],
  'E_INTERNAL/derived': ['The derived file is not what was asked for: {what:derived}.', 'Report this.'],
  'E_INTERNAL/derived-element': [
    'The derived file is not what was asked for: {element:text} differs.',
    'Report this.',
  ],
  'E_INTERNAL/derived-groups': [
    'The derived file is not what was asked for: the functional groups of frame {frame} differ.',
    'Report this.',
  ],
  'E_INTERNAL/derived-frame': [
    'The derived file is not what was asked for: {element:text} of frame {frame} differs.',
    'Report this.',
  ],
  'W_PHASE/scale': [
    'The values of the phase images fill no whole turn of a scale that is known, so only the magnitude images are denoised; phases in the same files stay as they were.',
    'Nothing to do: the magnitudes are denoised as if there were no phase.',
  ],
  'E_NOT_ELIGIBLE/field': [
    'A map of the field is computed of several images, and is none itself.',
    'Nothing to do: the series is left out.',
  ],
  'E_NOT_ELIGIBLE/velocities': [
    'A map of velocities is computed of several images, and is none itself.',
    'Nothing to do: the series is left out.',
  ],
  'E_NOT_ELIGIBLE/phase-alone': [
    'Phase images wrap around: they are only denoised together with their magnitude images.',
    'Give the magnitude images of the same acquisition too; where they are there, nothing is to be done.',
  ],
  'E_NOT_ELIGIBLE/phase-image': [
    'Phase images wrap around: they are only denoised together with their magnitude images.',
    'Give magnitude and phase as one image of complex values (complex64), or as DICOM.',
  ],
  'E_NOT_ELIGIBLE/computed': [
    'The series is {computed:computed}, computed of other images: its noise follows none of the laws that denoising rests on.',
    'Denoise the images that it was computed of, and compute it anew.',
    'edge',
  ],
  'E_NOT_ELIGIBLE/uniform': [
    'The series is the uniform image of MP2RAGE, a ratio of two inversions: in air it is noise from one end of its scale to the other, which hides the noise of the tissue.',
    'Denoise the same image with its background suppressed (UNI-DEN), or the two inversions.',
    'edge',
  ],
  'W_COMPUTED/suppressed': [
    'The images are ratios of the two inversions of MP2RAGE with their background suppressed: their noise is taken for Gaussian.',
    'Compare before and after at the rim of the head, where the noise of a ratio is strongest.',
  ],
  'W_COMPUTED/named': [
    'The series is {computed:computed}, computed of other images. Since it was named it is denoised, with its noise taken for Gaussian.',
    'Where the images that it was computed of are there, denoise these and compute it anew.',
  ],
  'W_COMPUTED/difference': [
    'The images are differences of others: their noise is taken for Gaussian, and values around 0 for signal as others.',
    'Where the images that they were computed of are there, denoise these and subtract anew.',
  ],
  'W_BURNED_IN/text': [
    'The images say that text is burned into their pixels: it is denoised with them, and may name a patient. No maps are written of them.',
    'Look at what is written before it is passed on; use images without text where there are any.',
  ],
  'W_UNREADABLE/frame': ['Frame {frame:raw} of a file: {why:saying}', '{why:remedy}'],
  'W_INCOMPLETE/blank-frames': [
    '{frames|One frame|# frames} cannot be decoded and will be blank in what is written.',
    'The others are denoised; export the series again to have all.',
  ],
} as const;
