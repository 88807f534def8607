import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';

const PROVIDER = 'libonnxruntime_providers_cuda.so';

/** Whether ONNX Runtime's library for CUDA lies beside its own: the npm package comes without it, on Linux only it can. */
export function hasCudaLibrary(
  system: string = process.platform,
  processor: string = process.arch,
  packageFolder: string | null = folderOfOnnxRuntime(),
): boolean {
  if (system !== 'linux' || processor !== 'x64' || packageFolder === null) return false;
  return existsSync(path.join(packageFolder, 'bin', 'napi-v6', system, processor, PROVIDER));
}

function folderOfOnnxRuntime(): string | null {
  try {
    return path.dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  } catch {
    // Without the package there is no provider for CUDA, which is the answer.
    return null;
  }
}
