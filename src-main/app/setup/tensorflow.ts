import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { tensorflowFolder } from '../../base/home.js';
import { makeFolder } from '../../base/make-folder.js';
import { fault } from '../../contract/errors.js';
import type { Recipe } from './setup.js';
import { findTools, mustRun, type Tool } from './tools.js';
import { fetchWheel, unpack, type Wheel } from './wheel.js';

/** Of the last release of tfjs-node; its binding compiles against libtensorflow of today, its own download is of 2022. */
const BINDING = '4.22.0';
const WHEEL: Wheel = {
  name: 'tensorflow-cpu',
  version: '2.21.0',
  sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
  bytes: 273_829_956,
  abi: 'cp311',
  platforms: ['manylinux_2_27_x86_64'],
};
const LEAST_GLIBC = [2, 27] as const;
const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'] as const;
/** Headers of these folders are what the binding includes, and what those include. */
const HEADERS =
  /^tensorflow\/include\/(tensorflow\/c|tensorflow\/core\/platform|tsl\/platform|xla\/tsl\/c)\/.*\.h$/;
const PACKAGE = 'node_modules/@tensorflow/tfjs-node-gpu';

/** What the recipe is made for, and where its parts are. */
export interface TensorflowPlaces {
  /** Holds package.json and package-lock.json of what npm installs. */
  readonly manifest: string;
  /** Tries the device in a process of its own. */
  readonly verify: (env: Readonly<Record<string, string>>) => Promise<string>;
}

/** The platform, as far as it decides. */
export interface Platform {
  readonly system: string;
  readonly processor: string;
  /** Null where the C library is another. */
  readonly glibc: string | null;
}

function thisPlatform(): Platform {
  const report: unknown = process.report.getReport();
  const header: unknown =
    typeof report === 'object' && report !== null ? Reflect.get(report, 'header') : null;
  const glibc: unknown =
    typeof header === 'object' && header !== null ? Reflect.get(header, 'glibcVersionRuntime') : null;
  return {
    system: process.platform,
    processor: process.arch,
    glibc: typeof glibc === 'string' ? glibc : null,
  };
}

/**
 * TensorFlow for the device tensorflow: the binding of tfjs-node from npm, compiled here against the library in
 * PyPI's wheel. On the CPU: the wheel with CUDA has not been tried.
 */
export function tensorflowRecipe({ manifest, verify }: TensorflowPlaces, platform = thisPlatform()): Recipe {
  let tools: Record<'pip' | 'npm' | 'compiler', Tool> | null = null;
  const needed = async () => {
    tools ??= await findTools(['pip', 'npm', 'compiler']);
    return tools;
  };
  return {
    title: `TensorFlow ${WHEEL.version}`,
    folder: tensorflowFolder(),
    versions: { tensorflow: WHEEL.version, binding: BINDING, processor: platform.processor },
    fetches: [
      {
        what: `${WHEEL.name} ${WHEEL.version}`,
        from: 'PyPI, or the index that pip is set to',
        bytes: WHEEL.bytes,
      },
      {
        what: `@tensorflow/tfjs-node-gpu ${BINDING} and what it needs`,
        from: 'the npm registry, or the one that npm is set to',
        bytes: 76e6,
      },
    ],
    bytesAtWork: 1.6e9,
    bytesDone: 1.2e9,
    async prepare() {
      refuseOther(platform);
      await needed();
    },
    steps: [
      {
        name: 'npm',
        says: 'Fetching the binding from npm…',
        async run(folder, signal) {
          for (const name of ['package.json', 'package-lock.json'])
            await fs.copyFile(path.join(manifest, name), path.join(folder, name));
          await mustRun(
            (await needed()).npm,
            ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
            {
              cwd: folder,
              signal,
              failed: (said) => fault('E_SETUP/npm', { said }),
            },
          );
        },
      },
      {
        name: 'wheel',
        says: `Fetching TensorFlow (${Math.ceil(WHEEL.bytes / 1e6)} MB) with pip…`,
        async run(folder, signal) {
          await fetchWheel((await needed()).pip, WHEEL, path.join(folder, 'wheel'), signal);
        },
      },
      {
        name: 'unpack',
        says: 'Unpacking…',
        async run(folder, signal) {
          const [wheel] = (await fs.readdir(path.join(folder, 'wheel'))).filter((name) =>
            name.endsWith('.whl'),
          );
          await unpack(path.join(folder, 'wheel', wheel ?? ''), (entry) => placeOf(folder, entry), signal);
        },
      },
      {
        name: 'compile',
        says: 'Compiling the binding…',
        run: async (folder, signal) => compile((await needed()).compiler, folder, signal),
      },
    ],
    scaffold: ['wheel', 'include'],
    verify: (folder) => verify({ LIMPID_TENSORFLOW: folder }),
  };
}

/** @throws LimpidError E_SETUP where TensorFlow cannot be set up, with what to use there */
function refuseOther({ system, processor, glibc }: Platform): void {
  if (system === 'win32') throw fault('E_SETUP/windows');
  if (system !== 'linux' || processor !== 'x64') throw fault('E_SETUP/other-system', { system, processor });
  const [major = 0, minor = 0] = (glibc ?? '0.0').split('.').map(Number);
  const [leastMajor, leastMinor] = LEAST_GLIBC;
  const least = LEAST_GLIBC.join('.');
  if (major < leastMajor || (major === leastMajor && minor < leastMinor))
    throw glibc === null || glibc === undefined
      ? fault('E_SETUP/no-glibc', { least })
      : fault('E_SETUP/glibc', { least, found: glibc });
}

function placeOf(folder: string, entry: string): string | null {
  if (LIBRARIES.some((name) => entry === `tensorflow/${name}`))
    return path.join(folder, PACKAGE, 'deps', 'lib', path.basename(entry));
  if (HEADERS.test(entry)) return path.join(folder, entry.slice('tensorflow/'.length));
  return null;
}

async function compile(compiler: Tool, folder: string, signal: AbortSignal): Promise<void> {
  const binding = path.join(folder, PACKAGE);
  await makeFolder(path.join(binding, 'lib', 'napi-v8'));
  await mustRun(
    compiler,
    [
      ...['-std=c++17', '-O2', '-fPIC', '-shared', '-DNAPI_VERSION=8'],
      ...['-I', path.join(folder, 'node_modules/node-api-headers/include')],
      ...['-I', path.join(folder, 'include'), '-I', '.'],
      ...['binding/tfjs_backend.cc', 'binding/tfjs_binding.cc'],
      ...['-o', 'lib/napi-v8/tfjs_binding.node', '-Ldeps/lib', ...LIBRARIES.map((name) => `-l:${name}`)],
      '-Wl,-rpath,$ORIGIN/../../deps/lib',
    ],
    {
      cwd: binding,
      signal,
      failed: (said) => fault('E_SETUP/compiling', { said }),
    },
  );
}
