import type { EdgeReason } from '../../contract/words/english.js';

/** What to do, as the command line says it: with its commands and options. */
export const REMEDIES: Readonly<Record<EdgeReason, string>> = {
  'E_CANCELLED/run': 'Run the same command again: it goes on where it stopped.',
  'E_CRASH/compute':
    'Run the same command again: it resumes. If it happens again, try --device cpu and report it.',
  'E_CRASH/compute-ended':
    'Run the same command again: it resumes. If it happens again, try --device cpu and report it.',
  'E_IO/port': 'Choose another with --port, or none.',
  'E_SETUP/windows':
    'Use --device auto (the GPU through WebGPU) or dml (DirectML), which need nothing; or run Limpid in WSL 2, where the setup works as on Linux.',
  'E_SETUP/other-system': 'Use --device auto, which takes the GPU through WebGPU and needs nothing.',
  'E_SETUP/glibc': 'Use a newer Linux, or --device auto, which needs nothing.',
  'E_SETUP/no-glibc': 'Use a newer Linux, or --device auto, which needs nothing.',
  'E_SETUP/tools':
    'Install it, then run the setup again. Limpid itself needs none of it: --device auto works without.',
  'E_SETUP/other-result': 'Use --device auto, and report this.',
  'E_USAGE/no-update-place': 'Name one: limpid updates https://updates.example.org/limpid/',
  'E_USAGE/command-line': 'Run the command with --help.',
  'E_VALUES/severity': 'Give --severity from {least} to {most} ({unit:text}).',
  'E_TS_UNSUPPORTED/syntax':
    'Convert the series to Explicit VR Little Endian first, for example with `gdcmconv --raw`.',
  'E_TS_UNSUPPORTED/invalid':
    'Convert the series to Explicit VR Little Endian first, for example with `gdcmconv --raw`.',
  'E_NOT_ELIGIBLE/computed':
    'Denoise the images that it was computed of, and compute it anew; --series with its id denoises it all the same.',
  'E_NOT_ELIGIBLE/uniform':
    'Denoise the same image with its background suppressed (UNI-DEN), or the two inversions; --series with its id denoises it all the same.',
  'W_ALREADY_DENOISED/product': 'Denoise the original series; --force denoises this one again.',
  'E_VALUES/unmeasured': 'Leave this series as it is; `limpid inspect` shows what was measured.',
  'E_TOO_FEW/normal': 'Give more series with --normal.',
  'E_MODEL/neighbours': 'Use --model self, which trains without neighbours here, or a 2D model.',
  'W_ALREADY_DENOISED/clean':
    'Use the original series; to filter it all the same, name a model (--model dct).',
  'E_NOT_ELIGIBLE/repeats': 'Use --model nlm or --model dct for this series.',
  'E_TOO_SMALL/block': 'Use --model nlm for this series.',
  'E_MODEL/unlabelled': 'Say what it is with --foreign image or --foreign noise.',
  'E_MODEL/unlabelled-file':
    'Import it with --foreign image or --foreign noise (`limpid models import`) and use its name.',
  'E_MODEL/no-weights': 'Give a model that this version of `limpid train` wrote.',
  'E_MODEL/denoises-only': 'Give a file that `limpid train` wrote.',
  'E_MODEL/layout': 'Say --layout nchw or nhwc.',
  'E_MODEL/rebuilds':
    'Use a model that was trained with an objective like rician or artifact, or --model self.',
  'E_MODEL/channels': 'Use a model that `limpid train` made from series like these.',
  'E_MODEL/general-missing': 'Install Limpid again, or use --model self.',
  'E_NOT_FOUND/model': 'Run `limpid models list` and give the whole id.',
  'E_NOT_FOUND/models': 'Run `limpid models list` and give the whole id.',
  'E_EXISTS/model-name': 'Give another --name, or delete the other model.',
  'E_INTERNAL/refining': 'Close other programs, and run the same command again.',
  'E_DEVICE/dml-system': 'Use --device auto, which takes the GPU through WebGPU where there is one.',
  'E_DEVICE/dml': 'Update Windows and the graphics driver, or use --device auto.',
  'E_DEVICE/coreml-system': 'Use --device auto, which takes the GPU through WebGPU where there is one.',
  'E_DEVICE/coreml': 'Update macOS, or use --device auto.',
  'E_DEVICE/webgpu': 'Update the graphics driver, or use --device auto.',
  'E_DEVICE/webgpu-linux': 'Update the graphics driver (it must offer Vulkan), or use --device auto.',
  'E_DEVICE/cuda-system': 'Use --device auto, or dml on Windows.',
  'E_DEVICE/cuda-libraries':
    'docs/devices.md says how to add them, and which driver and CUDA they need; or use --device auto, which takes the GPU through WebGPU and needs neither.',
  'E_DEVICE/cuda-failure':
    'Look at the NVIDIA GPU and its driver with nvidia-smi, or use --device auto, which takes the GPU through WebGPU and needs neither.',
  'E_DEVICE/cuda':
    'They need the NVIDIA driver, CUDA and cuDNN as docs/devices.md says, where the system finds them (LD_LIBRARY_PATH); or use --device auto, which takes the GPU through WebGPU and needs neither.',
  'E_DEVICE/no-binary': 'Use --device cpu: it computes with WebAssembly.',
  'E_DEVICE/stopped': 'Use --device cpu, or smaller tiles and batches if its memory is short.',
  'E_DEVICE/tensorflow-missing':
    'Run `limpid setup-tensorflow`, which says what it needs, or use --device auto, which needs nothing.',
  'E_DEVICE/tensorflow':
    'Run `limpid setup-tensorflow`, which makes it anew where it does not work; or use --device auto.',
  'E_USAGE/false-positives': 'Give --fpr from {least:raw} to {most:raw}.',
  'E_MODEL/not-normal': 'Give normal images that it was not trained on with --normal, or train it again.',
  'E_MODEL/no-places': 'Train it again, or take --score residual.',
  'E_ALREADY_DENOISED/anomaly': 'Give the original series, or --force to look at this one all the same.',
  'E_NOTHING/no-series': 'Run `limpid inspect` on it to see why.',
  'E_COMPRESSED/other': 'Give a file that `limpid compress` wrote.',
  'E_USAGE/no-count': 'Give --count from 1.',
  'E_TOO_LARGE/images': 'Give a smaller --count.',
  'E_MODEL/no-prior': 'Train it again with this version of `limpid train`.',
  'E_NOTHING/condition': 'Run `limpid inspect` on the input to see what is there.',
  'E_NOTHING/no-files': 'Check the path; `limpid inspect` lists what is there.',
  'E_NOTHING/no-images': 'Check the path; `limpid inspect` lists what is there.',
  'W_INCOMPLETE/as-they-were':
    'See the reason at each; when it is mended, run the same command again: it adds what is missing.',
  'W_INCOMPLETE/lacks':
    'See the reason at each; when it is mended, run the same command again: it adds what is missing.',
  'E_ALREADY_DENOISED/derived': 'Denoise the original series, or give --force to denoise this one again.',
  'E_INTERNAL/slabs': 'Split the series, or use --model dct; and report this.',
  'E_TRUST/strict':
    'Use another model or a lower --strength; without --strict as much of the change is taken back as fails.',
  'E_NOTHING/unreadable': 'Run `limpid inspect` on the inputs to see why.',
  'E_USAGE/clusters': 'Give --clusters from 1 to {slices}.',
  'E_USAGE/onnx-name': 'Give --out NAME.onnx.',
  'E_EXISTS/model-file': 'Choose another name with --out, or remove it first.',
  'E_NOT_FOUND/model-folder': 'Create it, or choose another with --out.',
  'E_INSIDE_SOURCE/model-file': 'Choose a file outside it with --out.',
  'E_MODEL/other-family': 'Give --family {start:text}, or another model.',
  'E_EXISTS/stopped-run': 'Go on with --resume, or remove its checkpoint.',
  'E_RESUME/no-stopped-run': 'Run without --resume, or give the --out of the run that was stopped.',
  'E_NOTHING/to-learn': 'Run `limpid inspect` on the inputs to see why.',
  'E_USAGE/needs-references': 'Give --objective supervised together with --reference.',
  'E_USAGE/takes-no-references': 'Give --objective supervised together with --reference.',
  'W_ALREADY_DENOISED/learning': 'Use --force to learn from it all the same.',
  'E_ARTIFACT/doubtful': 'Look at the images; --remove {name:artifact} removes it all the same.',
  'E_ARTIFACT/little': 'Look at the images; --remove {name:artifact} removes it all the same.',
  'E_ARTIFACT/on-request': '--remove {name:artifact} replaces it.',
  'W_UNTRIED/model':
    'It can be used; `limpid anomaly` and `limpid generate` need what the trial finds: train again on the CPU for these.',
  'E_USAGE/adam': 'Give --optimiser adamw.',
  'E_USAGE/artifact': 'Give --artifact with a name.',
  'E_TOO_SMALL/adapt': 'Use --adapt off.',
  'E_USAGE/channels':
    'Artifacts are learnt from single slices (context=0); folded=true is for --objective artifact only.',
  'E_USAGE/sees-frame': 'Give --family video with --objective frames.',
  'E_USAGE/patch-size': 'Give --patch-size {possible:raw}, or fewer levels.',
  'E_TOO_SMALL/model':
    'Give a model of fewer levels or smaller patches (--set), or leave the small series out.',
  'E_TOO_SMALL/patches': 'Give --patch-size {possible:raw} or leave the small series out.',
  'E_MODEL/general-weights': 'Install Limpid again, or use --model self.',
  'E_TRAINING/loss': 'Run again with another --seed; if it happens again, inspect the series for odd values.',
  'trust/unfamiliar': 'Use --model self, or a model that was trained on series like this one.',
  'E_USAGE/queue-missing': 'Give it with --queue ADDRESS, or as LIMPID_QUEUE.',
  'E_USAGE/node-config': 'Give them with --config FILE.',
  'E_NOT_FOUND/node': 'Start it with `limpid node`, with the same settings.',
  'E_MODEL/other-kind': 'Give a model that `limpid train` wrote.',
  'E_USAGE/one-mask': 'Leave --mask out.',
  'E_NOT_FOUND/counterpart': 'Nothing to do where it is not to be judged; --where leaves series out.',
  'E_USAGE/shard': 'Give --shard K/N with K from 1 to N.',
  'E_NETWORK/no-match': 'Leave out the description, and choose what to denoise with --where later.',
  'E_NOT_FOUND/counterparts':
    'Give trees with the same paths, or results of `limpid denoise` of the reference.',
  'E_NETWORK/fewer-sent':
    'Fetch again; where it stays so, ask its administrator, or have it send (C-MOVE) to `limpid node`.',
  'E_PLAN/json': 'Mend what was changed in it, or make it again with `limpid plan`.',
  'E_PLAN/whole': 'Mend what was changed in it, or make it again with `limpid plan`.',
  'E_PLAN/field': 'Mend what was changed in it, or make it again with `limpid plan`.',
  'E_SOURCE_CHANGED/planned': 'Make the plan again with `limpid plan`.',
  'E_LABELS/no-labels': 'Name one of its columns label, or say which it is with --column.',
  'E_LABELS/no-match': 'Name series by id, Series Instance UID, file or folder; `limpid inspect` lists them.',
  'E_LABELS/few-patients':
    'Add series of other patients, leave the class out, or name the column of patients with --group where the images do not tell them.',
  'E_LABELS/one-patient':
    'Add series of other patients, or name the column of patients with --group where the images do not tell them.',
  'E_LABELS/no-number': 'Write numbers with a point, or learn classes with --kind classes.',
  'E_USAGE/probe': 'Give --labels, or a probe with --predict.',
  'E_USAGE/segment': 'Give one of --labels, --clusters and --predict.',
  'E_LABELS/mask-one-class':
    'Mark pixels of another class too, or give --background: what has no label is none of it.',
  'E_LABELS/mask-several': 'Say which of them is meant with --series or --where.',
  'E_GEOMETRY/segment-volumes': 'Say which volume is meant with --frame, from 1 to {frames}.',
  'W_SKIPPED/unlabelled': 'Run it again on this series with --predict segmenter.json.',
  'E_INDEX/none': 'Make one with `limpid latent MODEL IN --index DIR`, or give the folder of another.',
  'E_USAGE/several-series': 'Say which is meant with --series; `limpid inspect` lists them.',
  'E_USAGE/no-slice': 'Give --slice from 1 to {slices}.',
};
