import { fault } from '../contract/errors.js';

/**
 * What every process that we start is told before it starts, so that no library in it sends anything. ONNX Runtime's
 * builds for Linux and macOS send Microsoft what they run (docs/Privacy.md of onnxruntime) unless this variable is set
 * before they are loaded; on Windows they read no variable.
 */
const SILENCE = { ORT_DISABLE_TELEMETRY: '1' } as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of a process that this one starts: its own, `more`, and what keeps libraries silent. */
export function childEnvironment(more: Environment = {}, own: Environment = process.env): NodeJS.ProcessEnv {
  return { ...own, ...more, ...SILENCE };
}

/**
 * To be called before a library is loaded that would send something: a process that was started another way than by
 * `childEnvironment` does not load it.
 *
 * @throws LimpidError E_INTERNAL where the environment lacks what keeps it silent
 */
export function requireSilence(environment: Environment = process.env): void {
  for (const [name, value] of Object.entries(SILENCE))
    if (environment[name] !== value) throw fault('E_INTERNAL/not-silent', { name, value });
}
