/** Devices and what computes on them. */
export const DEVICES = {
  'E_INTERNAL/refining': [
    'There is not enough memory to work on the image.',
    'Close other programs, then run again.',
    'edge',
  ],
  'E_INTERNAL/thread': [
    'A thread of the denoiser ended early.',
    'Run again; if it happens again, close other programs to free memory.',
  ],
  'E_OPERATOR/fixed-size': [
    'This network depends on the size of the image, so it cannot be written for any size.',
    'Write it for one size.',
  ],
  'E_OPERATOR/state': [
    'A training step returned other state than it was given.',
    'Return a tensor of the same shape for every name of the state, and no other.',
  ],
  'E_OPERATOR/kernel': [
    '{kernel:text}: {what:operator}.',
    'Write the model with other operations: channels last, no dilation in what is trained, no batch dimensions.',
  ],
  'E_OPERATOR/attribute': [
    '{kernel:text}: attribute {name:text} has an unexpected type.',
    'Write the model with other operations: channels last, no dilation in what is trained, no batch dimensions.',
  ],
  'E_OPERATOR/input': [
    '{kernel:text}: input {name:text} is missing.',
    'Write the model with other operations: channels last, no dilation in what is trained, no batch dimensions.',
  ],
  'E_OPERATOR/read-values': [
    'A traced function reads the values of a tensor, which a graph cannot do.',
    'Compute with tensors only; what decides the control flow must be known before the trace.',
  ],
  'E_OPERATOR/no-gradient': [
    'The operator {operator:text} has no gradient in this version.',
    'Express the model with the operators listed in docs/architecture.md, or report it.',
  ],
  'E_OPERATOR/no-translation': [
    'The operator {operator:text} has no translation in this version.',
    'Express the model with the operators listed in docs/architecture.md, or report it.',
  ],
  'E_OPERATOR/type': [
    'Tensors of type {type:text} have no translation in this version.',
    'Use float32, int32 or bool.',
  ],
  'E_SHAPE/input-missing': [
    'Input {name:text} is missing.',
    'This model and these values do not belong together.',
  ],
  'E_SHAPE/input': [
    'Input {name:text} has {found} values where {shape:text} are expected.',
    'This model and these values do not belong together.',
  ],
  'E_SHAPE/state-other': [
    'State {name:text} is not part of this step.',
    'This model and these values do not belong together.',
  ],
  'E_SHAPE/state-missing': [
    'State {name:text} is missing.',
    'This model and these values do not belong together.',
  ],
  'E_SHAPE/state': [
    'State {name:text} has not the shape {shape:text}.',
    'This model and these values do not belong together.',
  ],
  'W_DEVICE_FALLBACK/not-opened': [
    'The GPU worked in a trial but did not open.',
    'Update the graphics driver, or choose the CPU as the device to make this warning go away.',
  ],
  'W_DEVICE_FALLBACK/probe': [
    '{why:probe}',
    'Update the graphics driver, or choose the CPU as the device to make this warning go away.',
  ],
  'W_DEVICE_FALLBACK/no-binary': [
    'ONNX Runtime has no native binary for this machine: WebAssembly computes, slower.',
    'Update the graphics driver, or choose the CPU as the device to make this warning go away.',
  ],
  'W_DEVICE_FALLBACK/tensorflow': [
    'TensorFlow does not run model files: ONNX Runtime does ({device:text}).',
    'Choose the CPU or automatic as the device to make this warning go away.',
  ],
  'E_DEVICE/dml-system': [
    'DirectML (dml) is a part of Windows.',
    'Leave the choice of the device to Limpid, which takes the GPU through WebGPU where there is one.',
    'edge',
  ],
  'E_DEVICE/dml': [
    'DirectML (dml) does not open.',
    'Update Windows and the graphics driver, or leave the choice of the device to Limpid.',
    'edge',
  ],
  'E_DEVICE/coreml-system': [
    'Core ML (coreml) is a part of macOS.',
    'Leave the choice of the device to Limpid, which takes the GPU through WebGPU where there is one.',
    'edge',
  ],
  'E_DEVICE/coreml': [
    'Core ML (coreml) does not open.',
    'Update macOS, or leave the choice of the device to Limpid.',
    'edge',
  ],
  'E_DEVICE/webgpu': [
    'No GPU that WebGPU can use was found.',
    'Update the graphics driver, or leave the choice of the device to Limpid.',
    'edge',
  ],
  'E_DEVICE/webgpu-linux': [
    'No GPU that WebGPU can use was found.',
    'Update the graphics driver (it must offer Vulkan), or leave the choice of the device to Limpid.',
    'edge',
  ],
  'E_DEVICE/cpu': ['ONNX Runtime does not compute on the CPU.', 'Install again with npm ci.'],
  'E_DEVICE/cuda-system': [
    'ONNX Runtime for Node.js has CUDA on Linux only.',
    'Leave the choice of the device to Limpid, or use DirectML on Windows.',
    'edge',
  ],
  'E_DEVICE/cuda-libraries': [
    'ONNX Runtime’s libraries for CUDA are not there: its npm package comes without them.',
    'docs/devices.md says how to add them, and which driver and CUDA they need; or leave the choice of the device to Limpid, which takes the GPU through WebGPU and needs neither.',
    'edge',
  ],
  'E_DEVICE/cuda-failure': [
    'CUDA says: {said:text}.',
    'Look at the NVIDIA GPU and its driver with nvidia-smi, or leave the choice of the device to Limpid, which takes the GPU through WebGPU and needs neither.',
    'edge',
  ],
  'E_DEVICE/cuda': [
    'ONNX Runtime’s libraries for CUDA do not load.',
    'They need the NVIDIA driver, CUDA and cuDNN as docs/devices.md says, where the system finds them (LD_LIBRARY_PATH); or leave the choice of the device to Limpid, which takes the GPU through WebGPU and needs neither.',
    'edge',
  ],
  'E_DEVICE/no-binary': [
    'ONNX Runtime has no native binary for this machine.',
    'Use the CPU: it computes with WebAssembly.',
    'edge',
  ],
  'E_DEVICE/webassembly': ['WebAssembly does not start on this machine.', 'Install again with npm ci.'],
  'E_DEVICE/stopped': [
    'The device stopped while it computed.',
    'Use the CPU, or smaller tiles and batches if its memory is short.',
    'edge',
  ],
  'E_DEVICE/tensorflow-missing': [
    'TensorFlow is not set up on this machine.',
    'Set TensorFlow up, or leave the choice of the device to Limpid, which needs nothing.',
    'edge',
  ],
  'E_DEVICE/tensorflow': [
    'TensorFlow is set up, but does not load.',
    'Set TensorFlow up again, which makes it anew where it does not work; or leave the choice of the device to Limpid.',
    'edge',
  ],
} as const;
