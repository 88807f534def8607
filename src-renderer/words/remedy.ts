/** The words of the window for a name of a group; the name itself where there are none. */
type Words = (group: string, name: string) => string;

interface Control {
  /** Key of its label: group and name. */
  readonly label: readonly [group: string, name: string];
  /** Group of the names of its choices. */
  readonly choices?: string;
}

/** Which control of the window does what an option of the command line does. */
const CONTROLS: Readonly<Record<string, Control>> = {
  artifact: { label: ['train', 'artifact'], choices: 'artifact' },
  clusters: { label: ['latent', 'clusters'] },
  count: { label: ['samples', 'count'] },
  device: { label: ['denoise', 'device'], choices: 'device' },
  family: { label: ['train', 'family'], choices: 'family' },
  foreign: { label: ['models', 'gives'], choices: 'models.gives' },
  layout: { label: ['models', 'layout'], choices: 'models.layout' },
  model: { label: ['denoise', 'model'], choices: 'model' },
  name: { label: ['train', 'name'] },
  objective: { label: ['train', 'objective'], choices: 'pair' },
  optimiser: { label: ['train', 'optimiser'] },
  out: { label: ['train', 'file'] },
  'patch-size': { label: ['train', 'patchSize'] },
  reference: { label: ['train', 'reference'] },
  seed: { label: ['denoise', 'seed'] },
  severity: { label: ['train', 'severity'] },
  strength: { label: ['denoise', 'strength'] },
};

/** What has no control, and is said otherwise. The window forces nothing: it offers what can be done. */
const PHRASES: readonly (readonly [said: string, instead: string])[] = [
  ['Run the same command again: it resumes.', 'Start it again: it resumes.'],
  [', or give --force to denoise this one again', ''],
  ['; --force denoises this one again', ''],
  [', or --force to look at this one all the same', ''],
  ['Use --force to learn from it all the same.', 'It is learnt from all the same, as it was chosen by name.'],
  [' (--set)', ''],
];

/** What to do, as the command line says it, with the window's own controls in place of options. */
export function windowRemedy(remedy: string, words: Words): string {
  const phrased = PHRASES.reduce((text, [said, instead]) => text.replace(said, instead), remedy);
  return phrased.replace(/--([a-z][a-z-]*)( ([A-Za-z0-9-]+))?/g, (whole, option, rest = '', value = '') => {
    const control = CONTROLS[option];
    if (control === undefined) return whole;
    const label = words(...control.label);
    const choice = control.choices === undefined ? value : words(control.choices, value);
    // Words that follow are no choice: they have no name.
    return choice === value ? `“${label}”${rest}` : `“${label}: ${choice}”`;
  });
}
