/** What probes, segmentations and their labels refuse. */
export const ENCODERS = {
  'E_LABELS/empty': [
    'The table of labels is empty.',
    'Give a table with a line of names and a line a series.',
  ],
  'E_LABELS/cells': [
    'Line {line} of the table of labels has {found|# cell|# cells}, its first line {expected}.',
    'Put cells that hold a separator into quotes, and give every line as many as the first.',
  ],
  'E_LABELS/quote': [
    'A quote that line {line} of the table of labels opens is not closed.',
    'Close it, or write two quotes for one that is meant as it stands.',
  ],
  'E_LABELS/no-names': [
    'The table of labels has no column that says which series is meant.',
    'Name one of its columns {names:list}.',
  ],
  'E_LABELS/no-labels': [
    'The table of labels has no such column of labels.',
    'Name one of its columns label, or say which it is.',
    'edge',
  ],
  'E_LABELS/no-group': [
    'The table of labels has no such column of patients.',
    'Say which of its columns names the patients.',
  ],
  'E_LABELS/no-match': [
    'None of the {rows|# line|# lines} of the table of labels is of a series of the input.',
    'Name series by id, Series Instance UID, file or folder; inspect the input to see them.',
    'edge',
  ],
  'E_LABELS/twice': [
    'Lines {first} and {second} of the table of labels give one series different labels.',
    'Leave one of them out.',
  ],
  'E_LABELS/one-class': [
    'All series have the same label: there is nothing to tell apart.',
    'Give labels of two or more classes.',
  ],
  'E_LABELS/few-patients': [
    '{classes|# class is|# classes are} of fewer than two patients each: what is learnt of a patient must be judged on another.',
    'Add series of other patients, leave the class out, or say which patients there are where the images do not.',
    'edge',
  ],
  'E_LABELS/one-patient': [
    'All series are of one patient: what is learnt of a patient must be judged on another.',
    'Add series of other patients, or say which patients there are where the images do not.',
    'edge',
  ],
  'E_LABELS/patient-in-folds': [
    '{patients|# patient is|# patients are} in more than one fold of the table of labels: what was learnt of a patient would be judged on the same.',
    'Give all series of a patient the same fold, or leave the column out.',
  ],
  'E_LABELS/folds': [
    'The column of folds of the table of labels is empty on some lines, or has one fold only.',
    'Give every line one of two folds or more, or leave the column out.',
  ],
  'E_LABELS/no-number': [
    'The label on line {line} of the table of labels is no number.',
    'Write numbers with a point, or learn classes.',
    'edge',
  ],
  'E_LABELS/same-numbers': [
    'All labels are the same number: there is nothing to learn.',
    'Give labels that differ.',
  ],
  'W_SKIPPED/labels': [
    '{rows|# line|# lines} of the table of labels {rows|is|are} of no series of the input, and {series} of its series have no label.',
    'Nothing to do where that is meant; else inspect the input to see what its series are called.',
  ],
  'W_SKIPPED/patients': [
    'The table of labels makes several patients of {patients|one|#} that the images name as one.',
    'Correct the table, unless the images were made anonymous under one name.',
  ],
  'E_USAGE/probe': [
    'A probe is either learnt from labels or applied.',
    'Give labels, or a probe that was learnt.',
    'edge',
  ],
  'E_MODEL/probe-file': [
    'The file is no probe of Limpid: {field:text} is not {expected:text}.',
    'Give the probe.json of a probe that was learnt.',
  ],
  'E_MODEL/probe-model': [
    'The probe was learnt with another model.',
    'Use the model whose SHA-256 starts with {start:text}, or learn a probe with this one.',
  ],
  'E_USAGE/segment': [
    'A segmentation is learnt from labels, clustered, or made by what was learnt before: one of the three.',
    'Give labels, a number of clusters, or a segmenter.',
    'edge',
  ],
  'E_USAGE/segment-clusters': ['There can be {least} to {most} clusters.', 'Choose a number in this range.'],
  'E_USAGE/segment-features': [
    'Latents are what a model gives, and none was named.',
    'Name a model, or describe pixels by other features.',
  ],
  'E_LABELS/mask-grid': [
    'The labels are not on the voxels of the series: {own:text} against {wanted:text}, or at another place.',
    'Draw them on this series, or bring them to its grid first.',
  ],
  'E_LABELS/mask-outside': [
    'None of the {frames|# frame|# frames} of the segmentation lies at a slice of the series.',
    'Give the segmentation of this series, or the series that it was made of.',
  ],
  'E_LABELS/mask-values': [
    'The labels have values that are no whole numbers from 0 to 255.',
    'Give a mask whose values are the numbers of its classes.',
  ],
  'E_LABELS/mask-many': [
    'The labels have {found} different values, which no few classes have: is it an image?',
    'Give a mask of {most} classes at most.',
  ],
  'E_LABELS/mask-empty': [
    'The labels mark nothing where the series was measured.',
    'Mark pixels of two classes or more.',
  ],
  'E_LABELS/mask-one-class': [
    'All labelled pixels are of one class: there is nothing to tell apart.',
    'Mark pixels of another class too, or say that what has no label is background.',
    'edge',
  ],
  'E_LABELS/mask-several': [
    'The labels fit {series} series of the input.',
    'Say which of them is meant.',
    'edge',
  ],
  'E_LABELS/mask-twice': [
    'Several masks fit one series.',
    'Give one mask that holds all classes of a series.',
  ],
  'E_GEOMETRY/segment-volumes': [
    'The series has {frames} volumes, and a segmentation is of one.',
    'Say which volume is meant.',
    'edge',
  ],
  'E_GEOMETRY/segment-volume': [
    'There is no such volume: the series has {frames}.',
    'Choose one from 1 to {frames}.',
  ],
  'W_SKIPPED/mask-frames': [
    '{frames|# frame|# frames} of the segmentation {frames|lies|lie} at no slice of the series and {frames|was|were} left out.',
    'Nothing to do where the series is a part of what was segmented.',
  ],
  'W_SKIPPED/mask-overlap': [
    '{pixels|# pixel is|# pixels are} in several segments and {pixels|was|were} not learnt from.',
    'Nothing to do where segments may overlap; what is written marks each pixel once.',
  ],
  'W_SKIPPED/unlabelled': [
    'The series has no labels: nothing was learnt from it, and it was not marked.',
    'Apply what was learnt to it.',
    'edge',
  ],
  'E_MODEL/no-cells': [
    'The latent of this {family:text} model stands for whole planes or for times, and not for places in a plane.',
    'Use a model of the family plain, convolutional, sparse, contractive, vector-quantised or masked, or features without latents.',
  ],
  'E_MODEL/segmenter-file': [
    'The file is no segmenter of Limpid: {field:text} is not {expected:text}.',
    'Give the segmenter.json of a segmentation that was learnt.',
  ],
  'E_MODEL/segmenter-model': [
    'What was learnt reads the latents of another model.',
    'Use the model whose SHA-256 starts with {start:text}, or learn again with this one.',
  ],
  'E_ELEMENT/segmentation': ['The segmentation has no usable {name:text}.', 'Export it again.'],
  'E_PIXEL_LENGTH/segmentation': [
    'The segmentation has fewer pixels than its dimensions ask for, or neither 1 nor 8 bits for each.',
    'Copy or export it again.',
  ],
  'E_TS_UNSUPPORTED/segmentation': [
    'The pixels of the segmentation are compressed or big endian.',
    'Convert it to Explicit VR Little Endian first.',
  ],
  'E_INDEX/none': ['There is no index in this folder.', 'Give the folder of an index, or make one.', 'edge'],
  'E_INDEX/damaged': [
    'The index cannot be used: {field:text} is not {expected:text}.',
    'Make it again in a new folder; the images are untouched.',
  ],
  'E_INDEX/other-model': [
    'The index was made with another model: its vectors mean something else.',
    'Use the model whose SHA-256 starts with {start:text}, or make another index in a new folder.',
  ],
  'E_INDEX/no-model': [
    'The model that the index was made with is not among those of this machine.',
    'Import the model whose SHA-256 starts with {start:text}, or make another index in a new folder.',
  ],
  'E_NOT_FOUND/indexed-series': [
    'The series is no longer where it was when it was added to the index.',
    'Open it where it is now.',
  ],
  'E_USAGE/several-series': [
    'Several series are where the slice is to be taken from.',
    'Say which of them is meant.',
    'edge',
  ],
  'E_USAGE/no-slice': [
    'There is no such slice: the series has {slices}.',
    'Choose one from 1 to {slices}.',
    'edge',
  ],
} as const;
