import type { Settings } from '../contract/app.js';
import { DEVICE_NAMES } from '../contract/requests.js';
import { type JsonFile, jsonFile } from './json-file.js';
import { flag, name, nullOr, oneOf, record, refuse, text, texts } from './validate.js';

const MOST_RECENT = 12;

const DEFAULTS: Settings = {
  theme: 'dark',
  hidePatients: false,
  language: 'en',
  device: 'auto',
  outputFolder: null,
  recent: [],
};

/** @throws LimpidError E_USAGE */
export function parseSettings(value: unknown): Settings {
  const given = record(value, 'settings');
  const language = text(given.language, 'language');
  if (!/^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/.test(language)) throw refuse('language is no language tag');
  return {
    theme: oneOf(given.theme, ['dark', 'light', 'system'] as const, 'theme'),
    hidePatients: flag(given.hidePatients, 'hidePatients'),
    language,
    device: oneOf(given.device, DEVICE_NAMES, 'device'),
    outputFolder: nullOr(given.outputFolder, (folder) => name(folder, 'outputFolder')),
    recent: texts(given.recent, 'recent').slice(0, MOST_RECENT),
  };
}

export interface SettingsStore {
  current(): Settings;
  save(settings: Settings): Promise<void>;
  /** Puts a path before the other recent ones. */
  remember(path: string): Promise<void>;
}

/** Settings of an earlier run; what cannot be read is replaced by the defaults. */
export async function openSettings(file: string): Promise<SettingsStore> {
  const disk: JsonFile = jsonFile(file);
  let current = readable(await disk.read());
  const save = async (settings: Settings): Promise<void> => {
    current = settings;
    await disk.write(settings);
  };
  return {
    current: () => current,
    save,
    remember: (path) =>
      save({
        ...current,
        recent: [path, ...current.recent.filter((one) => one !== path)].slice(0, MOST_RECENT),
      }),
  };
}

function readable(value: unknown): Settings {
  try {
    // A field that came with a later version is absent in an older file.
    return value === null ? DEFAULTS : parseSettings({ ...DEFAULTS, ...record(value) });
  } catch {
    return DEFAULTS;
  }
}
