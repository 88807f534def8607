/** What probes and their labels refuse. */
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
  'E_INDEX/none': ['There is no index in this folder.', 'Give the folder of an index, or make one.', 'edge'],
  'E_INDEX/damaged': [
    'The index cannot be used: {field:text} is not {expected:text}.',
    'Make it again in a new folder; the images are untouched.',
  ],
  'E_INDEX/other-model': [
    'The index was made with another model: its vectors mean something else.',
    'Use the model whose SHA-256 starts with {start:text}, or make another index in a new folder.',
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
