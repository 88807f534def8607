/**
 * The rows of the quality bench: peers (Python, with the truth about the noise) and ours (the command line).
 * `slow`: runs only when it is named, else it comes from the cache; N2V2 takes 25 processor minutes a volume.
 */

const any = () => true;
const isSeries = ({ group }) => group === 'repeats';

/** Best of those tried on slices 32 to 55 of ch2, or the package's own default where that was the best. */
const PEERS = [
  peer('nlm3', 'DIPY NLM, block radius 3', 'nlm', { block_radius: 3, patch_radius: 1, method: 'classic' }),
  peer('nlm5', 'DIPY NLM, block radius 5', 'nlm', { block_radius: 5, patch_radius: 1, method: 'classic' }),
  peer('dipy-mppca', 'DIPY MP-PCA', 'mppca', { patch_radius: 2 }, { applies: isSeries }),
  peer('mean', 'mean of all frames (no dynamics left)', 'mean', {}, { applies: isSeries }),
  peer('tv', 'scikit-image TV (Chambolle)', 'tv', { weight: 0.5 }),
  peer('bayes', 'scikit-image wavelets, BayesShrink', 'wavelet', {
    method: 'BayesShrink',
    wavelet: 'sym4',
    max_shifts: 1,
  }),
  peer('visu', 'scikit-image wavelets, VisuShrink', 'wavelet', {
    method: 'VisuShrink',
    wavelet: 'sym4',
    mode: 'hard',
    max_shifts: 1,
  }),
  peer('bm3d', 'BM3D', 'bm3d', { profile: 'np' }),
  peer('bm4d', 'BM4D', 'bm4d', { profile: 'np' }),
  peer(
    'n2v2',
    'N2V2 (CAREamics)',
    'n2v2',
    { num_epochs: 30 },
    { requirements: 'requirements-n2v.txt', module: 'peers_n2v.py', slow: true },
  ),
];

const OURS = [
  ours('nlm', 'limpid nlm', ['--model', 'nlm']),
  ours('dct', 'limpid dct', ['--model', 'dct']),
  ours('mppca', 'limpid mppca', ['--model', 'mppca'], isSeries),
  ours('network', 'limpid R1, network alone', ['--model', 'general', '--adapt', 'off', '--refine', 'off']),
  ours('r1', 'limpid R1', ['--model', 'general', '--adapt', 'off']),
  ours('r1r2', 'limpid R1 + R2', ['--model', 'general', '--adapt', 'on']),
  ours('auto', 'limpid auto', ['--model', 'auto']),
  ours('self', 'limpid self', ['--model', 'self']),
];

const NOISY = { id: 'noisy', title: 'noisy', kind: 'noisy', applies: any };
export const METHODS = [NOISY, ...PEERS, ...OURS];
/** What `--quick` runs: all but the slow. */
export const QUICK = ['noisy', 'nlm3', 'tv', 'bayes', 'visu', 'nlm', 'dct', 'r1'];

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

function ours(id, title, args, applies = any) {
  return { id: `limpid-${id}`, title, kind: 'ours', args, applies };
}
