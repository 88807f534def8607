/**
 * The rows of the quality bench: peers (Python, with the truth about the noise) and ours (the command line).
 * `unasked: false`: runs only when it is named. N2V2 takes 25 processor minutes a volume; the others were behind those
 * that stay on every volume of earlier runs, or are ours with trainings.
 */

const any = () => true;
const SLOW = { unasked: false };
const isSeries = ({ group }) => group === 'series';
const isTwice = ({ name }) => name === 'dwi-twice';
/** Slices far apart: elsewhere BM3D, which sees one at a time, is 2 dB behind BM4D. */
const isFlat = ({ name }) => /^(ge|t2|ct|phantom)-/.test(name);
const isVolume = ({ group }) => group !== 'series';

/** Best of those tried on slices 32 to 55 of ch2, or the package's own default where that was the best. */
const PEERS = [
  peer('nlm3', 'DIPY NLM, block radius 3', 'nlm', { block_radius: 3, patch_radius: 1, method: 'classic' }),
  peer(
    'nlm5',
    'DIPY NLM, block radius 5',
    'nlm',
    { block_radius: 5, patch_radius: 1, method: 'classic' },
    SLOW,
  ),
  peer('dipy-mppca', 'DIPY MP-PCA', 'mppca', { patch_radius: 2 }, { applies: isSeries }),
  peer('dwidenoise', 'dwidenoise (MRtrix3)', 'dwidenoise', {}, { applies: isSeries }),
  peer(
    'patch2self',
    'DIPY Patch2Self',
    'patch2self',
    {},
    { applies: isTwice, requirements: 'requirements-patch2self.txt' },
  ),
  peer('mean', 'mean of all frames (no dynamics left)', 'mean', {}, { applies: isSeries }),
  peer('tv', 'scikit-image TV (Chambolle)', 'tv', { weight: 0.5 }, SLOW),
  peer(
    'bayes',
    'scikit-image wavelets, BayesShrink',
    'wavelet',
    {
      method: 'BayesShrink',
      wavelet: 'sym4',
      max_shifts: 1,
    },
    SLOW,
  ),
  peer(
    'visu',
    'scikit-image wavelets, VisuShrink',
    'wavelet',
    {
      method: 'VisuShrink',
      wavelet: 'sym4',
      mode: 'hard',
      max_shifts: 1,
    },
    SLOW,
  ),
  peer('bm3d', 'BM3D', 'bm3d', { profile: 'np' }, { applies: isFlat }),
  peer('bm4d', 'BM4D', 'bm4d', { profile: 'np' }, { applies: isVolume }),
  peer(
    'n2v2',
    'N2V2 (CAREamics)',
    'n2v2',
    { num_epochs: 30 },
    { requirements: 'requirements-n2v.txt', module: 'peers_n2v.py', ...SLOW },
  ),
];

const OURS = [
  ours('nlm', 'limpid nlm', ['--model', 'nlm']),
  ours('dct', 'limpid dct', ['--model', 'dct']),
  guided('guided-nlm', 'NLM as guide, refined', 'nlm'),
  guided('guided-dct', 'DCT as guide, refined', 'dct'),
  ours('mppca', 'limpid mppca', ['--model', 'mppca'], isSeries),
  ours('network', 'limpid network alone', ['--model', 'general', '--adapt', 'off', '--refine', 'off']),
  ours('r1', 'limpid network, refined', ['--model', 'general', '--adapt', 'off']),
  ours('r1r2', 'limpid network adapted, refined', ['--model', 'general', '--adapt', 'on'], any, SLOW),
  ours('auto', 'limpid auto', ['--model', 'auto']),
  ours('self', 'limpid self', ['--model', 'self'], any, SLOW),
];

const NOISY = { id: 'noisy', title: 'noisy', kind: 'noisy', applies: any };
export const METHODS = [NOISY, ...PEERS, ...OURS];
/** What `--quick` runs: all but the slow. */
export const QUICK = ['noisy', 'nlm3', 'limpid-nlm', 'limpid-dct', 'limpid-r1'];

function peer(id, title, name, settings, extra = {}) {
  const modules = { bm3d: 'peers_bm.py', bm4d: 'peers_bm.py' };
  return {
    id,
    title,
    kind: 'peer',
    peer: name,
    settings,
    applies: any,
    module: modules[name] ?? 'peers_classical.py',
    requirements: 'requirements.txt',
    ...extra,
  };
}

/** Ours without a network, for what each part is worth: quality-guided.ts. */
function guided(id, title, filter) {
  return { id, title, kind: 'guided', args: [filter], applies: isVolume };
}

function ours(id, title, args, applies = any, extra = {}) {
  return { id: `limpid-${id}`, title, kind: 'ours', args, applies, ...extra };
}
