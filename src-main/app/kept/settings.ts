import { type JsonFile, jsonFile } from '../../base/json-file.js';
import type { Problem } from '../../contract/errors.js';
import { object, orElse, read } from '../../contract/schema/schema.js';
import { Settings } from '../../contract/window/app.js';
import { readKept } from './kept.js';

const MOST_RECENT = 12;

const DEFAULTS: Settings = {
  theme: 'dark',
  hidePatients: false,
  language: null,
  device: 'auto',
  outputFolder: null,
  nodeConfig: null,
  latentIndex: null,
  rules: [],
  recent: [],
  introduced: false,
};

/** A field that came with another version, or is damaged, is as it was at first; the others stay. */
const Saved = object({
  theme: orElse(Settings.entries.theme, DEFAULTS.theme),
  hidePatients: orElse(Settings.entries.hidePatients, DEFAULTS.hidePatients),
  language: orElse(Settings.entries.language, DEFAULTS.language),
  device: orElse(Settings.entries.device, DEFAULTS.device),
  outputFolder: orElse(Settings.entries.outputFolder, DEFAULTS.outputFolder),
  nodeConfig: orElse(Settings.entries.nodeConfig, DEFAULTS.nodeConfig),
  latentIndex: orElse(Settings.entries.latentIndex, DEFAULTS.latentIndex),
  rules: orElse(Settings.entries.rules, []),
  recent: orElse(Settings.entries.recent, []),
  introduced: orElse(Settings.entries.introduced, DEFAULTS.introduced),
});

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
  const kept = await readKept<Settings>(disk, (data) => {
    const saved = read(Saved, data);
    return saved.fits ? saved.value : DEFAULTS;
  });
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
