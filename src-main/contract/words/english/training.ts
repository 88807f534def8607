/** Learning: what from, and how it goes on. */
export const TRAINING = {
  'E_TOO_SMALL/latent': [
    'The planes have {columns:raw}x{rows:raw} pixels: the model needs {least:raw}x{least:raw} at least.',
    'Leave out this series, or use a model with smaller cells.',
  ],
  'E_MODEL/no-codebook': ['The model holds no codebook.', 'Use a vector-quantised model.'],
  'E_EXISTS/pretrained': ['The output file exists already.', 'Give another name, or remove it.'],
  'E_NOTHING/chosen': ['No series is chosen.', 'Choose the series to learn from.'],
  'E_EXISTS/library-name': [
    'A model of this name is in the library.',
    'Choose another name, or delete that model.',
  ],
  'E_USAGE/onnx-name': ['The model file must end in .onnx.', 'Give a name that ends in .onnx.', 'edge'],
  'E_EXISTS/model-file': [
    'The model file exists already.',
    'Choose another name, or remove it first.',
    'edge',
  ],
  'E_NOT_FOUND/model-folder': [
    'The folder of the model file does not exist.',
    'Create it, or choose another.',
    'edge',
  ],
  'E_INSIDE_SOURCE/model-file': [
    'The model file would lie inside an input.',
    'Choose a file outside it.',
    'edge',
  ],
  'E_MODEL/other-family': [
    'The model to go on from is of the family {start:text}, not {family:text}.',
    'Choose the family {start:text}, or another model.',
    'edge',
  ],
  'E_EXISTS/stopped-run': [
    'An earlier run of this model was stopped.',
    'Go on with it, or remove its checkpoint.',
    'edge',
  ],
  'E_RESUME/no-stopped-run': [
    'There is no stopped run of this model to resume.',
    'Start anew, or name the model file of the run that was stopped.',
    'edge',
  ],
  'E_USAGE/references': [
    'There are {inputs} series to learn from and {references|# reference|# references}.',
    'Give one reference for each series, in the same order.',
  ],
  'E_NOTHING/to-learn': ['No series can be learnt from.', 'Inspect the inputs to see why.', 'edge'],
  'E_USAGE/needs-references': [
    'Supervised training needs references.',
    'Choose supervised training and give references, both or neither.',
    'edge',
  ],
  'E_USAGE/takes-no-references': [
    'Only supervised training takes references.',
    'Choose supervised training and give references, both or neither.',
    'edge',
  ],
  'E_NOT_FOUND/moved-series': [
    'A series to learn from is no longer where it was.',
    'Open its folder again and choose it anew.',
  ],
  'W_ALREADY_DENOISED/learning': [
    'The series was derived by Limpid and is left out.',
    'Choose it by name to learn from it all the same.',
    'edge',
  ],
  'E_TOO_LARGE/series': [
    'The series together are too large for the memory of one run.',
    'Give fewer of them: some hundred slices of each kind are enough.',
  ],
  'W_UNTRIED/model': [
    'The model is saved, but could not be tried on held-out images: {why:saying}',
    'It can be used; scores of unlike images and new images need what the trial finds: train again on the CPU for these.',
    'edge',
  ],
  'E_USAGE/adam': ['Adam decays no weights.', 'Choose AdamW.', 'edge'],
  'E_USAGE/artifact': [
    'The objective is to take an artifact away, but not which.',
    'Name the artifact.',
    'edge',
  ],
  'E_TOO_SMALL/adapt': [
    'The planes are under {least} pixels wide or high: too little to adapt to.',
    'Do without adapting the model.',
    'edge',
  ],
  'E_RESUME/checkpoint': [
    'The training checkpoint is damaged or of another version.',
    'Remove the output folder and start again.',
  ],
  'E_USAGE/losses': [
    'These losses cannot be added: they ask for different outputs.',
    'bce and categorical stand alone; mse, l1, charbonnier and ssim can be added.',
  ],
  'E_USAGE/channels': [
    'The objective and the channels of this model do not go together.',
    'Artifacts are learnt from single slices (context=0); folded=true is for artifacts only.',
    'edge',
  ],
  'E_USAGE/sees-frame': [
    'This model sees the frame that it is to tell from the others: it would only copy it.',
    'Use the family video to learn from frames.',
    'edge',
  ],
  'E_USAGE/patch-size': [
    'The patch size {size} is no multiple of {multiple}, which this model divides images by.',
    'Choose patches of {possible:raw}, or fewer levels.',
    'edge',
  ],
  'E_TOO_SMALL/model': [
    'The planes are {side} pixels wide or high: this model needs {least}.',
    'Give a model of fewer levels or smaller patches, or leave the small series out.',
    'edge',
  ],
  'E_TOO_SMALL/patches': [
    'The planes are {side} pixels wide or high: smaller than the patches of {size}.',
    'Choose patches of {possible:raw}, or leave the small series out.',
    'edge',
  ],
  'E_MODEL/no-weights-fit': [
    'No weights of the model fit into this one.',
    'Go on from a model of the same family and sizes.',
  ],
  'E_MODEL/general-weights': [
    'The weights are not those of the general denoiser of this version.',
    'Install Limpid again, or train on the series itself.',
    'edge',
  ],
  'E_CANCELLED/paused': ['The training was paused.', 'Go on with it: it continues at the same step.'],
  'E_TRAINING/loss': [
    'The loss is not a number any more at step {step:raw}.',
    'Start again with another seed; if it happens again, inspect the series for odd values.',
    'edge',
  ],
  'E_RESUME/other-training': [
    'The training checkpoint was made with other settings or images.',
    'Use the same settings, or a new output folder.',
  ],
  'W_DEVICE_CHANGED/training': [
    'The training was begun on {earlier:text} and goes on at step {step:raw} on {now:text}: its weights differ by rounding from those of one device.',
    'Give the earlier device to go on there instead.',
  ],
  'E_TOO_FEW/planes': [
    'There are too few planes to learn from some and judge by others.',
    'Give more images, or another share of images that judge.',
  ],
  'E_VALUES/series-no-numbers': [
    'The series holds values that are no numbers.',
    'Repair or leave out this series.',
  ],
  'E_VALUES/all-padding': [
    'The series holds no measured values: all are padding, or no numbers.',
    'Leave out this series.',
  ],
  'E_VALUES/constant': ['The series is constant: there is nothing to see.', 'Leave out this series.'],
  'E_SHAPE/reference': [
    'An input and its reference differ in size.',
    'Give references on the grids of the inputs, in the same order.',
  ],
  'E_TOO_FEW/frames': [
    'The series has {frames|one frame|# frames} only: this family needs a time series of {least} or more.',
    'Use a cine, EPI or DWI series, or the denoising family for single images.',
  ],
  'E_TOO_FEW/slices': [
    'There {slices|is only # slice|are only # slices}: too few to learn from some and judge by others.',
    'Give at least {least|# slice|# slices}.',
  ],
  'E_TOO_SMALL/self': [
    'The planes are under {least} pixels wide or high: too little to learn from.',
    'Leave this series as it is, or use a model file.',
  ],
  'E_MODEL/safetensors': [
    'This is no whole safetensors file of float32 weights.',
    'Get the file again; the shipped one comes with the installation.',
  ],
  'E_MODEL/other-kind': [
    'The model to go on from is of the family {start:text}, not {family:text}.',
    'Give a model that was trained as autoencoder.',
    'edge',
  ],
} as const;
