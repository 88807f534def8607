import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { asFileError, exists, requireSpace, sha256, writeFileAtomic } from '../../base/files.js';
import { acquireLock } from '../../base/lock.js';
import { makeFolder } from '../../base/make-folder.js';
import { LimpidError } from '../../contract/errors.js';
import { cancelled } from './tools.js';

/** Something that is fetched and built on this machine, outside the installation. */
export interface Recipe {
  /** For people: 'TensorFlow 2.21.0'. */
  readonly title: string;
  /** Where it is in the end. Beside it, with the ending .part, it is made. */
  readonly folder: string;
  /** Whatever decides what is made; another value replaces what an earlier version of Limpid made. */
  readonly versions: Readonly<Record<string, string>>;
  readonly fetches: readonly { readonly what: string; readonly from: string; readonly bytes: number }[];
  /** On disk while it is made, and when it is done. */
  readonly bytesAtWork: number;
  readonly bytesDone: number;
  /** @throws LimpidError E_SETUP where this machine cannot have it, or lacks what making it needs */
  readonly prepare: () => Promise<void>;
  /** In order; each is done once, also when the setup was stopped in between. */
  readonly steps: readonly Step[];
  /** What only making it needs, within the folder. */
  readonly scaffold: readonly string[];
  /** Tries it in a process of its own. @returns what it is, for people. @throws LimpidError when it does not work */
  readonly verify: (folder: string) => Promise<string>;
}

interface Step {
  readonly name: string;
  /** What is said when it begins. */
  readonly says: string;
  readonly run: (folder: string, signal: AbortSignal) => Promise<void>;
}

type SetupState = 'there' | 'made' | 'removed' | 'nothing to remove' | 'can be made';

export interface SetupResult {
  readonly state: SetupState;
  readonly folder: string;
  /** What computes; null where nothing does. */
  readonly description: string | null;
}

const MARK = 'setup.json';

/**
 * Makes it, or finds it made. Nothing is visible under its folder before it was tried; what was fetched before the
 * setup was stopped is used by the next, and what does not work is removed.
 *
 * @param checkOnly says what would be fetched, and fetches nothing
 * @throws LimpidError E_SETUP, E_IO, E_LOCKED, E_CANCELLED
 */
export async function setUp(
  recipe: Recipe,
  say: (line: string) => void,
  { checkOnly, signal }: { readonly checkOnly: boolean; readonly signal: AbortSignal },
): Promise<SetupResult> {
  const { folder } = recipe;
  const there = await working(recipe, say);
  if (there !== null) return { state: 'there', folder, description: there };
  await recipe.prepare();
  tellPlan(recipe, say);
  await makeSetupFolder(path.dirname(folder));
  await requireSpace(folder, recipe.bytesAtWork);
  if (checkOnly) return { state: 'can be made', folder, description: null };
  const lock = await acquireLock(`${folder}.lock`);
  try {
    return { state: 'made', folder, description: await make(recipe, say, signal) };
  } finally {
    await lock.release();
  }
}

/** Removes it, and what a setup that was stopped had fetched. @throws LimpidError E_IO, E_LOCKED */
export async function takeAway({ folder }: Pick<Recipe, 'folder'>): Promise<SetupResult> {
  const result = (state: SetupState): SetupResult => ({ state, folder, description: null });
  const found = (await exists(folder)) || (await exists(partOf(folder)));
  if (!found) return result('nothing to remove');
  const lock = await acquireLock(`${folder}.lock`);
  try {
    await remove(folder);
    await remove(partOf(folder));
    return result('removed');
  } finally {
    await lock.release();
  }
}

/** What computes, where it is there, of these versions, and works. */
async function working(recipe: Recipe, say: (line: string) => void): Promise<string | null> {
  if (!(await isOf(recipe, recipe.folder))) return null;
  try {
    return await recipe.verify(recipe.folder);
  } catch (error) {
    if (!(error instanceof LimpidError)) throw error;
    say(`${recipe.title} is there but does not work (${error.message}) It is made anew.`);
    return null;
  }
}

async function make(recipe: Recipe, say: (line: string) => void, signal: AbortSignal): Promise<string> {
  const { folder } = recipe;
  const part = partOf(folder);
  if (!(await isOf(recipe, part))) await remove(part);
  await makeSetupFolder(part);
  await writeFileAtomic(path.join(part, MARK), marked(recipe), { replace: true });
  for (const step of recipe.steps) {
    const done = path.join(part, `.done-${step.name}`);
    if (await exists(done)) continue;
    if (signal.aborted) throw cancelled();
    say(step.says);
    await step.run(part, signal);
    await writeFileAtomic(done, '', { replace: true });
  }
  say('Trying it…');
  const description = await recipe.verify(part).catch(async (error: unknown) => {
    await remove(part);
    throw error;
  });
  for (const name of [...recipe.scaffold, ...recipe.steps.map((step) => `.done-${step.name}`)])
    await remove(path.join(part, name));
  await remove(folder);
  await fs.rename(part, folder);
  return description;
}

function tellPlan(recipe: Recipe, say: (line: string) => void): void {
  say(`${recipe.title} will be put into ${recipe.folder}.`);
  for (const { what, from, bytes } of recipe.fetches) say(`  ${inMegabytes(bytes)}  ${what}, from ${from}`);
  const total = recipe.fetches.reduce((sum, { bytes }) => sum + bytes, 0);
  say(
    `In all ${inMegabytes(total)} are fetched; ${inMegabytes(recipe.bytesAtWork)} of disk while it is made, ${inMegabytes(recipe.bytesDone)} when it is done.`,
  );
}

function inMegabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}

function partOf(folder: string): string {
  return `${folder}.part`;
}

function marked({ versions }: Recipe): string {
  return `${JSON.stringify({ versions, recipe: sha256(JSON.stringify(versions)) })}\n`;
}

async function isOf(recipe: Recipe, folder: string): Promise<boolean> {
  // Without its mark an installation counts as unfinished, and is made again.
  const text = await fs.readFile(path.join(folder, MARK), 'utf8').catch(() => null);
  return text === marked(recipe);
}

async function makeSetupFolder(folder: string): Promise<void> {
  await makeFolder(folder, 0o700).catch((error: unknown) => {
    throw asFileError(error, folder);
  });
}

async function remove(folder: string): Promise<void> {
  await fs.rm(folder, { recursive: true, force: true }).catch((error: unknown) => {
    throw asFileError(error, folder);
  });
}
