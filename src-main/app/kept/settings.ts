import { type JsonFile, jsonFile } from '../../base/json-file.js';
import type { Problem } from '../../contract/errors.js';
import { anyObject, read } from '../../contract/schema/schema.js';
import { FIRST_SETTINGS, Settings } from '../../contract/window/settings.js';
import { readKept } from './kept.js';

const MOST_RECENT = 12;

export interface SettingsStore {
  current(): Settings;
  /** What of an earlier file was not read, and was set aside. */
  readonly unread: Problem | null;
  save(settings: Settings): Promise<void>;
  /** Puts a path before the other recent ones. */
  remember(path: string): Promise<void>;
}

/** Settings of an earlier run; what cannot be read is replaced by the defaults, and set aside. @throws LimpidError E_IO */
export async function openSettings(file: string): Promise<SettingsStore> {
  const disk: JsonFile = jsonFile(file);
  const kept = await readKept(disk, understood);
  let current = kept.value;
  const save = async (settings: Settings): Promise<void> => {
    current = { ...settings, recent: settings.recent.slice(0, MOST_RECENT) };
    await disk.write(current);
  };
  return {
    current: () => current,
    unread: kept.unread,
    save,
    remember: (path) => save({ ...current, recent: [path, ...current.recent.filter((one) => one !== path)] }),
  };
}

/** Settings as they are kept, for who only reads them: the app that keeps them may be running. */
export async function keptSettings(file: string): Promise<Settings> {
  return understood(await jsonFile(file).read());
}

/** A field that came with another version, or is damaged, is as it was at first; the others stay. */
function understood(data: unknown): Settings {
  const given = read(anyObject, data);
  if (!given.fits) return FIRST_SETTINGS;
  let settings = FIRST_SETTINGS;
  for (const name of Object.keys(FIRST_SETTINGS)) {
    const one = read(Settings, { ...settings, [name]: Reflect.get(given.value, name) });
    if (one.fits) settings = one.value;
  }
  return settings;
}
