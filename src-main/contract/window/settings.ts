import { DeviceName } from '../requests/choices.js';
import { Rules } from '../requests/rules.js';
import { filled, flag, languageTag, nullOr, type Of, object, oneOf, texts } from '../schema/schema.js';

/** What a person sets, and the app keeps. */
export const Settings = object({
  theme: oneOf(['dark', 'light', 'system']),
  /** Hides patient names and dates on screen. */
  hidePatients: flag,
  /** One of the language files; null: what the computer speaks, where there are words for it. */
  language: nullOr(languageTag),
  device: DeviceName,
  /** null: beside the input. */
  outputFolder: nullOr(filled),
  /** Settings of the node that the window looks at; null: none. */
  nodeConfig: nullOr(filled),
  /** Folder of the index that series like a slice are looked for in; null: none. */
  latentIndex: nullOr(filled),
  /** Address, file or folder where newer versions are looked for once a day; null: they are not looked for. */
  updates: nullOr(filled),
  /** What Batch does with which series, in order: the first that fits decides. */
  rules: Rules,
  recent: texts,
  /** A person has read on the first page what Limpid does, and closed it. */
  introduced: flag,
});
export type Settings = Of<typeof Settings>;

/** Before a person has set anything. */
export const FIRST_SETTINGS: Settings = {
  theme: 'dark',
  hidePatients: false,
  language: null,
  device: 'auto',
  outputFolder: null,
  nodeConfig: null,
  latentIndex: null,
  updates: null,
  rules: [],
  recent: [],
  introduced: false,
};
