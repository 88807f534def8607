/** Model files, their networks, and the store. */
export const MODELS = {
  'E_MODEL/neighbours': [
    'The model looks into neighbouring slices, and those of this series are not evenly spaced.',
    'Train on the series itself, which does without neighbours here, or use a 2D model.',
    'edge',
  ],
  'W_UNTESTED/other-change': [
    'Something else than noise was taken away: the trust tests of noise say nothing of it. What was taken away is judged as the removal of an artifact is.',
    'Compare before and after yourself; the model knows only what it was shown.',
  ],
  'W_ALREADY_DENOISED/clean': [
    'The series shows next to no noise, or only what may as well be fine structure or what a filter left, so it comes back as it is.',
    'Use the original series; to filter it all the same, name a filter as the model.',
    'edge',
  ],
  'E_NOT_ELIGIBLE/repeats': [
    'MP-PCA needs repeats, echoes or directions of the same slices; this series has one image of each.',
    'Use non-local means or the DCT filter for this series.',
    'edge',
  ],
  'E_TOO_SMALL/block': [
    'The images are smaller than a block of {side} x {side} pixels.',
    'Use non-local means for this series.',
    'edge',
  ],
  'E_MODEL/names': [
    'An output of a model has the name of an input.',
    'Give inputs and outputs different names.',
  ],
  'E_MODEL/parameter': ['Parameter {name:text} does not fill its shape.', 'Load the model again.'],
  'E_MODEL/no-model': [
    'The file is no ONNX model, or only a part of one.',
    'Check the path; get the file again where it was cut short.',
  ],
  'E_MODEL/unlabelled': [
    'This ONNX file does not say how it is to be fed: it was not written by Limpid.',
    'Say whether it gives the image or the noise.',
    'edge',
  ],
  'E_MODEL/unlabelled-file': [
    'This ONNX file does not say how it is to be fed: it was not written by Limpid.',
    'Import it, saying whether it gives the image or the noise, and use its name.',
    'edge',
  ],
  'E_MODEL/no-decoder': ['The model has no decoder of its own.', 'Export the whole model.'],
  'E_MODEL/no-encoder': [
    'The model has no encoder of its own: as a whole it gives the latent beside the image.',
    'Export the whole model.',
  ],
  'E_MODEL/damaged': [
    'The model file is damaged: it is not what was written.',
    'Get the file again, or train it again.',
  ],
  'E_MODEL/no-weights': [
    'This file holds no weights that a training can go on from.',
    'Give a model that this version wrote.',
    'edge',
  ],
  'E_MODEL/damaged-weights': ['The weights in the model file are damaged.', 'Get the file again.'],
  'E_MODEL/denoises-only': [
    'This model takes noise of known level away and does nothing else.',
    'Give a model that Limpid trained to rebuild images.',
    'edge',
  ],
  'E_MODEL/no-latent': ['The model has no latent to decode.', 'Choose another family.'],
  'E_MODEL/outputs': [
    'The model has {outputs|# output|# outputs}, not one.',
    'Export it as one grey image in, with a noise level or without, and one grey image of that size out.',
  ],
  'E_MODEL/no-image-input': [
    'No input of the model is a 2D image: {inputs:list}.',
    'Export it as one grey image in, with a noise level or without, and one grey image of that size out.',
  ],
  'E_MODEL/inputs': [
    'The model has {count} inputs: {inputs:list}.',
    'Export it as one grey image in, with a noise level or without, and one grey image of that size out.',
  ],
  'E_MODEL/two-channels': [
    'The image has two channels, and there is another input besides.',
    'Export it as one grey image in, with a noise level or without, and one grey image of that size out.',
  ],
  'E_MODEL/other-output': [
    'The model does not give one grey image as large as the one it takes: {output:text}.',
    'Export it as one grey image in, with a noise level or without, and one grey image of that size out.',
  ],
  'E_MODEL/batch': [
    'The model takes {images|# image|# images} at once.',
    'Export it as one grey image in, with a noise level or without, and one grey image of that size out.',
  ],
  'E_MODEL/layout': [
    'The model does not say which axis holds the channels.',
    'Say whether the channels come first (nchw) or last (nhwc).',
    'edge',
  ],
  'E_MODEL/colour': [
    'The model takes images of more than one channel, such as colour: {shape:text}.',
    'Export it as one grey image in, with a noise level or without, and one grey image of that size out.',
  ],
  'E_MODEL/second-input': [
    'The second input of the model is neither one noise level nor a map of it: {input:text}.',
    'Export it as one grey image in, with a noise level or without, and one grey image of that size out.',
  ],
  'E_MODEL/gives-no-numbers': [
    'The model gives values that are no numbers.',
    'Export it as one grey image in, with a noise level or without, and one grey image of that size out.',
  ],
  'E_MODEL/no-size-runs': [
    'The model does not run on an image of any size that was tried.',
    'Export it as one grey image in, with a noise level or without, and one grey image of that size out.',
  ],
  'E_MODEL/other-size': [
    'The model gave an image of another size than the one it took.',
    'Export it as one grey image in, with a noise level or without, and one grey image of that size out.',
  ],
  'E_USAGE/family': ['There is no such family of autoencoders.', 'Possible: {choices:list}.'],
  'E_USAGE/masked-sizes': [
    'The sizes of the masked autoencoder do not divide.',
    'The image side must be a multiple of the patch, the widths multiples of four times the heads.',
  ],
  'E_USAGE/no-setting': ['The family has no setting {name:text}.', 'Possible: {choices:list}.'],
  'E_USAGE/setting': ['The setting {name:text} is out of range.', 'Possible: {choices:list}.'],
  'E_MODEL/other-latent': ['The latent is of another model.', 'Use the model that the latent was made with.'],
  'E_MODEL/rebuilds': [
    'This {family:text} model rebuilds images: it was not trained to take anything away from them.',
    'Use a model that was trained to take noise or an artifact away, or train on the series itself.',
    'edge',
  ],
  'E_MODEL/one-size': [
    'This model sees images of one size only and cannot be applied to whole planes.',
    'Use a model of the denoising family.',
  ],
  'E_MODEL/does-not-run': ['The model does not run.', 'Choose another model.'],
  'E_MODEL/slow': [
    'The network of the model did not come to an end in {seconds} seconds.',
    'Use another model, or one that was exported for smaller images.',
  ],
  'E_MODEL/process': [
    'The process for the network of the model failed.',
    'Use another model, or one that was exported for smaller images.',
  ],
  'E_MODEL/memory': [
    'The network of the model takes more memory than an image of this size may.',
    'Use another model, or one that was exported for smaller images.',
  ],
  'E_MODEL/crashed': [
    'The network of the model crashed.',
    'Use another model, or one that was exported for smaller images.',
  ],
  'E_MODEL/answer': [
    'The process for the network of the model gave a wrong answer.',
    'Use another model, or one that was exported for smaller images.',
  ],
  'E_MODEL/free-lengths': [
    'The model has free lengths, and none were given.',
    'Choose an ONNX model file, or train one.',
  ],
  'E_MODEL/not-of-device': [
    'The file is not a model that this device runs.',
    'Choose an ONNX model file, or train one.',
  ],
  'E_MODEL/port-type': [
    'The model has an input or output that is no tensor of float32 or float16.',
    'Choose an ONNX model file, or train one.',
  ],
  'E_MODEL/no-onnx': ['The file is not an ONNX model.', 'Choose an ONNX model file, or train one.'],
  'E_MODEL/weights-apart': [
    'The model keeps weights in another file.',
    'Choose an ONNX model file, or train one.',
  ],
  'E_MODEL/output-missing': [
    'The model did not give one of its outputs.',
    'Choose an ONNX model file, or train one.',
  ],
  'E_MODEL/no-float32': [
    'The model gave values that are not float32.',
    'Choose an ONNX model file, or train one.',
  ],
  'E_MODEL/no-float16': [
    'The model gave values that are not float16.',
    'Choose an ONNX model file, or train one.',
  ],
  'E_MODEL/channels': [
    'The model takes images of {channels|# channel|# channels}: these are no neighbouring slices.',
    'Use a model that was trained on series like these.',
    'edge',
  ],
  'E_MODEL/neighbours-2d': [
    'The model looks into neighbouring slices, and those of this series are not evenly spaced.',
    'Use a 2D model.',
  ],
  'E_MODEL/general-missing': [
    'The general model is not part of this installation.',
    'Install Limpid again, or train on the series itself.',
    'edge',
  ],
  'E_MODEL/no-card': ['The model holds no card.', 'Delete it and import it again.'],
  'E_NOT_FOUND/model': [
    'There is no such model in the library.',
    'Look at the list of models and give the whole id.',
    'edge',
  ],
  'E_NOT_FOUND/models': [
    'Several models of the library match.',
    'Look at the list of models and give the whole id.',
    'edge',
  ],
  'E_EXISTS/model-name': [
    'Another model has this name.',
    'Give another name, or delete the other model.',
    'edge',
  ],
  'E_MODEL/damaged-in-library': ['The model in the library is damaged.', 'Delete it and import it again.'],
  'E_NOT_FOUND/weights': [
    'The file with the weights of the model is missing beside it.',
    'Put it into the same folder, under the name that it had.',
  ],
  'E_MODEL/over-2gb': [
    'The model and its weights are over 2 GB.',
    'Get both files again, or export the model as one file (external_data=False in PyTorch).',
  ],
  'E_MODEL/weights-elsewhere': [
    'The model asks for weights that do not lie beside it.',
    'Get both files again, or export the model as one file (external_data=False in PyTorch).',
  ],
  'E_MODEL/weights-link': [
    'The weights of the model are a link to another folder.',
    'Get both files again, or export the model as one file (external_data=False in PyTorch).',
  ],
  'E_MODEL/weights-short': [
    'The file with the weights of the model is shorter than the model says.',
    'Get both files again, or export the model as one file (external_data=False in PyTorch).',
  ],
} as const;
