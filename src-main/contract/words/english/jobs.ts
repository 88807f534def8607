/** What jobs read, write, and refuse. */
export const JOBS = {
  'E_USAGE/false-positives': [
    'The false-positive rate is out of range.',
    'Choose a rate from {least:raw} to {most:raw}.',
    'edge',
  ],
  'E_MODEL/not-normal': [
    'The model file does not tell what is usual in normal images.',
    'Give normal images that it was not trained on, or train it again.',
    'edge',
  ],
  'E_MODEL/no-places': [
    'The model file does not tell what features are usual in its training images.',
    'Train it again, or score by what it rebuilds badly.',
    'edge',
  ],
  'E_ALREADY_DENOISED/anomaly': ['The series was derived by Limpid.', 'Give the original series.', 'edge'],
  'E_USAGE/nifti-name': ['The output must end in .nii or .nii.gz.', 'Give NAME.nii.gz.'],
  'E_MODEL/compressed-with': [
    'The file was compressed with another model.',
    'Use the model whose SHA-256 starts with {start:text}.',
  ],
  'E_MODEL/no-codes': [
    'A {family:text} model has no codes to compress with.',
    'Use a model of the families vector-quantised, plain, convolutional or contractive.',
  ],
  'E_NOTHING/no-series': ['The input holds no series.', 'Inspect it to see why.', 'edge'],
  'E_USAGE/one-series': ['The input holds {found} series.', 'Give one series at a time.'],
  'E_EXISTS/file': ['The output exists already.', 'Choose another name.'],
  'E_INSIDE_SOURCE/output-file': ['The output would lie in the input.', 'Choose another.'],
  'E_COMPRESSED/other': [
    'This is no file that Limpid compressed.',
    'Give a file that Limpid compressed.',
    'edge',
  ],
  'E_COMPRESSED/damaged': ['The compressed file is damaged or truncated.', 'Copy it again.'],
  'E_USAGE/no-count': ['No image was asked for.', 'Ask for one image or more.', 'edge'],
  'E_MODEL/small-images': [
    'The images of this model, {columns:raw}x{rows:raw}, are too small to be marked as synthetic.',
    'Train a model on larger planes.',
  ],
  'E_TOO_LARGE/images': ['So many images do not fit.', 'Ask for fewer.', 'edge'],
  'E_MODEL/makes-none': [
    'A {family:text} model cannot make new images: its latents have no known distribution.',
    'Use a model of the family variational or vector-quantised.',
  ],
  'E_MODEL/patches': [
    'This model knows patches and no whole planes: its samples would not fit together.',
    'Train the variational family on whole planes (whole=true, the default).',
  ],
  'E_MODEL/no-prior': [
    'The model holds no prior over its codes.',
    'Train it again with this version.',
    'edge',
  ],
  'E_NOTHING/condition': [
    'No series of the input meets the condition.',
    'Inspect the input to see what is there.',
    'edge',
  ],
  'E_NOT_FOUND/wanted-series': [
    'A series that was asked for is not in the input.',
    'Open or inspect the input again: its files may have been moved.',
  ],
  'E_NOTHING/to-list': ['There is no MR or CT image and no NIfTI image to list here.', 'Check the path.'],
  'E_NOTHING/no-files': [
    'The input holds no files.',
    'Check the path, and inspect the input to see what is there.',
    'edge',
  ],
  'E_NOTHING/no-images': [
    'The input holds no MR or CT image that can be read.',
    'Check the path, and inspect the input to see what is there.',
    'edge',
  ],
  'W_INCOMPLETE/as-they-were': [
    '{unit:text} holds {missing} of the {of} stacks of its source as they were, which failed or were skipped: {named:list}{more|| and one more| and # more}.',
    'See the reason at each; when it is mended, run again: it adds what is missing.',
    'edge',
  ],
  'W_INCOMPLETE/lacks': [
    '{unit:text} lacks {missing} of the {of} stacks of its source{kept|| (# of these is in it as it was)| (# of these are in it as they were)}, which failed or were skipped: {named:list}{more|| and one more| and # more}.',
    'See the reason at each; when it is mended, run again: it adds what is missing.',
    'edge',
  ],
  'E_EXISTS/changed': [
    'Files of this series were changed or removed after they were written.',
    'Remove the folder of the series to have it written again, or choose a new output folder.',
  ],
  'E_ALREADY_DENOISED/derived': [
    'The series was derived by Limpid already.',
    'Denoise the original series.',
    'edge',
  ],
  'E_INTERNAL/slabs': [
    'The denoiser cannot be run slab by slab.',
    'Split the series, or use the DCT filter; and report this.',
    'edge',
  ],
  'E_TRUST/strict': [
    'The trust report failed, so nothing was written. {why:saying}',
    'Use another model or less strength; where runs are not strict, as much of the change is taken back as fails.',
    'edge',
  ],
  'W_BLENDED/clean': [
    'Only {share:share} of the change was written: the input has next to no noise, or was denoised before.',
    'Compare before and after; use another model where more noise should go.',
  ],
  'W_BLENDED/failed': [
    'Only {share:share} of the change was written: the whole change failed the trust report. {why:saying}',
    'Compare before and after; use another model where more noise should go.',
  ],
  'E_MODEL/no-features': [
    'This {family:text} model has no latent.',
    'Use a model of the family plain, convolutional, sparse, contractive, variational, vector-quantised or masked.',
  ],
  'E_MODEL/encodes-only': [
    'Nothing decodes the latent of a {family:text} model: it rebuilds parts of an image from other parts, and not from the latent.',
    'Make the map without going along the axes, or use a model of the family plain, convolutional, sparse, contractive, variational or vector-quantised.',
  ],
  'E_NOTHING/unreadable': [
    'The input holds no series that can be read.',
    'Inspect the inputs to see why.',
    'edge',
  ],
  'E_TOO_FEW/map': [
    'There {slices|is only # slice|are only # slices}: too few for a map.',
    'Give at least {least|# slice|# slices}.',
  ],
  'E_USAGE/clusters': [
    'There {slices|is # slice|are # slices}: they cannot make {clusters|# cluster|# clusters}.',
    'Ask for 1 to {slices} clusters.',
    'edge',
  ],
  'E_NOTHING/send': ['There is no DICOM file to send.', 'Give an output folder of denoise.'],
  'E_IO/folder-report': [
    'The report of the folder cannot be read, so that nothing tells which series may be sent.',
    'Denoise again, or send all series: that needs to be asked for.',
  ],
  'E_NOT_FOUND/input': ['The path cannot be read.', 'Check the path.'],
  'E_NETWORK/not-accepted': [
    'The target does not take SOP class {sopClass:text} in transfer syntax {transferSyntax:text}.',
    'Have its administrator allow it.',
  ],
  'W_SENT/warning': ['The target stored with a warning ({status:text}).', 'Look there.'],
  'E_NETWORK/out-of-resources': [
    'The target answered {status:text}: it is out of resources.',
    'Ask its administrator, then send again: what is there already is only stored once.',
  ],
  'E_NETWORK/status': [
    'The target answered {status:text}: it refused.',
    'Ask its administrator, then send again: what is there already is only stored once.',
  ],
  'E_INTERNAL/report-place': ['The report page has no place for its data.', 'Build again.'],
  'E_NOT_FOUND/report-page': ['The report page was not built.', 'Run `npm run build`.'],
  'E_INTERNAL/no-uid': ['The unit has no series UID.', 'Report this.'],
  'W_GEOMETRY/no-map': [
    'No map was written: a Parametric Map needs the position of its images, and these have none.',
    'Export the series again, with its geometry.',
  ],
  'W_CLAMPED/pixels': [
    '{pixels|# pixel|# pixels} did not fit into the bits of the source and {pixels|was|were} set to the nearest value that does.',
    'Nothing to do unless they are many: compare before and after in the report.',
  ],
  'E_INTERNAL/no-map': ['There is no map to write.', 'Report this.'],
  'E_EXISTS/finished-frames': [
    'The file that these frames belong to was finished by an earlier run, with these frames as they were.',
    'Choose a new output folder to have all of its frames processed.',
  ],
  'E_INTERNAL/one-of-many': ['The image is not one of many.', 'Report this.'],
  'E_INTERNAL/tile': ['The image is no tile of another.', 'Report this.'],
  'W_NOT_FINITE/voxels': [
    '{gaps} of {voxels} voxels are no numbers (NaN or infinite), or beyond float32. They count as padding: dark, neither learnt from nor judged, and as they were in what is written.',
    'Fill them in and run again where they lie inside the body.',
  ],
  'E_RESUME/earlier-version': [
    'An earlier version of Limpid wrote into this output folder.',
    'Choose a new output folder.',
  ],
  'E_RESUME/settings': [
    'This output folder belongs to a run with other settings ({changes:text}).',
    'Repeat the earlier settings to resume that run, or choose a new output folder to start anew.',
  ],
  'W_DEVICE_CHANGED/output': [
    'This output folder was begun with the device {earlier:text} and goes on with {now:text}: what follows differs by rounding from what that would have made.',
    'Give the earlier device to go on there instead, or choose a new output folder.',
  ],
  'E_SOURCE_CHANGED/other-series': [
    'The input no longer holds the series that the earlier run into this output folder found.',
    'Choose a new output folder for the changed input.',
  ],
  'E_RESUME/journal': [
    'The journal in the output folder is damaged, at {field:text}.',
    'Choose a new output folder.',
  ],
  'E_MEMORY/machine': [
    'The series needs about {needed:GB} of memory, and {free:GB} can be had on this computer now.',
    'Close other programs, use a computer with more memory, or split the series: a part of its slices takes that part of the memory.',
  ],
  'E_MEMORY/container': [
    'The series needs about {needed:GB} of memory, and {free:GB} can be had within the limit of this container or batch job.',
    'Give the container or the job more memory, or split the series: a part of its slices takes that part of the memory.',
  ],
  'E_MEMORY/setting': [
    'The series needs about {needed:GB} of memory, and {free:GB} can be had as {setting:text} says.',
    'Raise the setting, or split the series: a part of its slices takes that part of the memory.',
  ],
  'E_MEMORY/refused': [
    'The system gave this process no more memory.',
    'Close other programs, raise the limits of the shell or the batch job (ulimit -v), use fewer threads, or split the series.',
  ],
  'E_INTERNAL/not-loaded': ['Nothing was loaded.', 'Report this.'],
  'W_UNREADABLE/beside': [
    '{files|A file|# files} beside the image (bval, bvec or json) could not be copied.',
    'Copy it yourself: the image is as it was on its grid and in its order.',
  ],
  'E_INSIDE_SOURCE/output-folder': [
    'The output folder and the input lie inside one another.',
    'Choose an output folder outside the input: the source is never written to.',
  ],
  'E_EXISTS/is-file': ['The output is a file, not a folder.', 'Choose a folder.'],
  'E_EXISTS/foreign-files': [
    'The output folder holds files that Limpid did not write.',
    'Choose a new or empty folder.',
  ],
  'E_EXISTS/something-else': [
    'Something else is where this output belongs.',
    'Move it away, or choose a new output folder.',
  ],
  'E_EXISTS/results': [
    'The output folder holds the results of an earlier run.',
    'Choose a new or empty folder.',
  ],
  'E_SOURCE_CHANGED/since-begun': [
    'A source file changed since this output folder was begun.',
    'Choose a new output folder for the changed input.',
  ],
  'E_INTERNAL/magnitude-maps': ['Maps are made of magnitudes.', 'Report this.'],
  'E_USAGE/one-mask': ['A mask is of one image, and here are several.', 'Compare without a mask.', 'edge'],
  'E_NOT_FOUND/counterpart': [
    'Series {id:text} of the reference has no counterpart.',
    'Nothing to do where it is not to be judged.',
    'edge',
  ],
  'E_USAGE/shard': [
    'There is no share {share:raw} of {of:raw}.',
    'Choose a share from 1 to that number.',
    'edge',
  ],
  'E_NETWORK/no-match': [
    'The archive cannot match by one of the things that were asked for.',
    'Ask without the description, and choose what to denoise later.',
    'edge',
  ],
  'E_USAGE/compare-none': [
    'There is no image to compare here.',
    'Give a folder with MR or CT series or NIfTI images, or a file.',
  ],
  'E_NOT_FOUND/counterparts': [
    'No series of the reference has a counterpart among those to be judged.',
    'Give trees with the same paths, or what was denoised of the reference.',
    'edge',
  ],
  'E_USAGE/no-query': ['Nothing was asked for.', 'Say which study, accession, patient, date or modality.'],
  'E_NETWORK/fewer-sent': [
    'The archive says that it has {missing|one more image|# more images} of a series than it sent.',
    'Fetch again; where it stays so, ask its administrator, or have it send (C-MOVE) to a node of Limpid.',
    'edge',
  ],
  'E_VALUES/told-level': [
    'The noise level that was given is not a number above zero.',
    'Give a standard deviation in the units of the images.',
  ],
  'E_VALUES/told-nothing': [
    'What was given as noise level holds no map and no series that can be read.',
    'Give a number, a map (NIfTI or DICOM Parametric Map), or one series without signal.',
  ],
  'E_VALUES/told-several': [
    'What was given as noise level holds several series.',
    'Give a number, a map (NIfTI or DICOM Parametric Map), or one series without signal.',
  ],
  'E_USAGE/one-map': [
    'There are several series, and one file for their maps.',
    'Name a folder for the maps, or choose one series.',
  ],
  'E_USAGE/map-kind': [
    'A NIfTI image has no DICOM attributes that a Parametric Map needs.',
    'Name the map .nii or .nii.gz.',
  ],
  'E_EXISTS/map': ['What is to hold the map exists already.', 'Choose a new name, or an empty folder.'],
  'W_GEOMETRY/no-voxel-map': [
    'No map was written: a Parametric Map needs the position of its images, and these have none.',
    'Name a NIfTI file for the map.',
  ],
  'E_USAGE/one-output': [
    'What is to hold a map is the name of another output of the same run.',
    'Give each output a name of its own.',
  ],
  'E_USAGE/field-map': [
    'A map of the bias field was asked for, and none is looked for.',
    'Remove bias too, or leave out the map.',
  ],
  'E_NOT_FOUND/source-file': ['A file of the input is gone.', 'Scan the input again.'],
  'E_PLAN/json': [
    'The plan cannot be used: it is no JSON.',
    'Mend what was changed in it, or make it again.',
    'edge',
  ],
  'E_PLAN/whole': [
    'The plan cannot be used: it is something else than a plan.',
    'Mend what was changed in it, or make it again.',
    'edge',
  ],
  'E_PLAN/field': [
    'The plan cannot be used: {field:text} is not {expected:text}.',
    'Mend what was changed in it, or make it again.',
    'edge',
  ],
  'E_NOTHING/planned': [
    'The plan, or this share of it, has no series to denoise.',
    'Write "denoise" as the action of a series, or take fewer shares.',
  ],
  'W_SKIPPED/planned': [
    'The plan leaves this series out.',
    'Nothing to do; write "denoise" as its action to have it done.',
  ],
  'E_SOURCE_CHANGED/planned': [
    'Files of {unit:text} were changed or removed after the plan was made.',
    'Make the plan again.',
    'edge',
  ],
} as const;
