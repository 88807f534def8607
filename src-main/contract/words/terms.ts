/** Words for facts that are one of few: every language has them all. */
export const TERMS = {
  /** How a process ended, after 'The process'. */
  end: {
    unanswered: 'gave no answer',
    late: 'did not answer in time',
    unstarted: 'could not be started',
    ended: 'has ended',
  },
  /** What is wrong in a condition that series are chosen by. */
  condition: {
    quote: 'a quote is not closed',
    start: 'nothing begins so',
    attribute: 'this attribute is not known',
    joint: 'expected "and", "or" or the end',
    bracket: 'expected ")"',
    name: 'expected the name of an attribute, "not" or "("',
  },
  /** Programs that a setup needs. */
  tool: {
    pip: 'Python 3 with pip (Debian, Ubuntu: apt install python3-pip; Fedora: dnf install python3-pip)',
    npm: 'npm, which comes with Node.js',
    compiler: 'a C++ compiler (Debian, Ubuntu: apt install g++; Fedora: dnf install gcc-c++)',
  },
  /** Of the data set: whether value representations are in it. */
  vr: {
    explicit: 'explicit',
    implicit: 'implicit',
  },
  /** Order of bytes. */
  endian: {
    big: 'big',
    little: 'little',
  },
  /** Whether pixels come in fragments. */
  encapsulation: {
    encapsulated: 'encapsulated',
    native: 'native',
  },
  /** Why slices are no even stack. */
  geometry: {
    duplicates: 'several images at one position',
    gap: 'a gap',
    uneven: 'uneven distances',
    directions: 'slices in different directions',
    unplaced: 'position, orientation or pixel spacing is missing or impossible',
    tilted: 'slices shifted in plane (gantry tilt)',
    mosaic: 'a mosaic of slices, whose number is not stated',
  },
  /** Rules of DICOM that a file breaks, though what it means is certain. */
  oddity: {
    preamble: 'no preamble',
    meta: 'no file meta information',
    group: 'elements of group 0002 or 0000 in the data set',
    surplus: 'more bytes of pixels than their dimensions ask for',
    odd: 'an odd number of bytes of pixels',
    trailing: 'bytes after the pixels that are no elements',
    comma: 'a comma as decimal sign',
    uid: 'UIDs whose numbers begin with 0, or that are a single number',
    frames: 'a number of frames of 0',
    twice: 'functional groups that are both shared and of each frame',
  },
  /** What images were computed to. */
  computed: {
    field: 'a map of the field',
    velocity: 'a map of velocities',
    diffusion: 'a map of diffusion (as ADC or anisotropy)',
    time: 'a map of times (as T1, T2 or transit)',
    perfusion: 'a map of perfusion',
    fraction: 'a map of fractions',
    statistic: 'a map of statistics',
    ratio: 'a ratio of images',
    uniform: 'a uniform image of MP2RAGE',
    suppressed: 'a uniform image of MP2RAGE without its background',
    stiffness: 'a map of stiffness',
    susceptibility: 'a map of susceptibility',
    temperature: 'a map of temperature',
    material: 'a map of a material',
    projection: 'a projection of the largest or smallest values',
    quantity: 'a map of a quantity',
    labels: 'a mask or a map of labels',
    probability: 'a map of probabilities',
    vector: 'a field of vectors or displacements',
    difference: 'a difference of images',
  },
  /** Why a service refused. */
  refusal: {
    token: 'it does not take our token',
    room: 'it is out of room',
    other: 'it refused',
  },
  /** Why there is no connection, by the system's code. */
  connection: {
    ECONNREFUSED: 'Nothing listens there.',
    ENOTFOUND: 'The host is not known.',
    EHOSTUNREACH: 'The host cannot be reached.',
    ENETUNREACH: 'The network cannot be reached.',
    ETIMEDOUT: 'The other side did not answer in time.',
    ECONNRESET: 'The other side broke the connection.',
    EPIPE: 'The other side broke the connection.',
    DEPTH_ZERO_SELF_SIGNED_CERT: "The other side's certificate is signed by itself, and not trusted here.",
    SELF_SIGNED_CERT_IN_CHAIN: "The authority of the other side's certificate is not trusted here.",
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: "The authority of the other side's certificate is not trusted here.",
    CERT_HAS_EXPIRED: "The other side's certificate has expired.",
    ERR_TLS_CERT_ALTNAME_INVALID: "The other side's certificate is for another host.",
  },
  /** Why an association was rejected (PS3.8, 9.3.4). */
  rejection: {
    'called-title': 'it does not know the title that it was called by',
    'calling-title': 'it does not know our title',
    busy: 'it has as many associations as it takes',
  },
  /** What is wrong in a derived file. */
  derived: {
    'group-count': 'the number of functional groups differs',
    'element-count': 'the number of untouched elements differs',
    meta: 'the file meta information names another instance',
    order: 'its elements are not in order',
  },
  /** What is wrong in compressed pixels. */
  codestream: {
    'no-codec': 'no codec is known for it',
    'codec-missing': 'the codec is missing',
    'codec-refused': 'the codec refused it',
    'decoder-crashed': 'the decoder crashed',
    'decoder-ended': 'the decoder ended',
    'segment-outside': 'a segment lies outside',
    'segment-long': 'a segment is too long',
    'no-jpeg2000': 'it does not start as JPEG 2000 does',
    size: 'its size is impossible',
    subsampled: 'it is subsampled',
    'no-jpeg-ls': 'it does not start as JPEG-LS does',
    'no-marker': 'a marker is missing',
    'no-frame-header': 'it has no frame header',
    'no-table': 'a table is missing',
    'dc-category': 'an unknown DC category',
    coefficients: 'a block has too many coefficients',
    'huffman-codes': 'a Huffman table has too many codes',
    code: 'an unknown code',
    'late-restart': 'a restart marker is late',
    'no-restart': 'a restart marker is missing',
    'restart-interval': 'a restart interval that is not whole rows',
    difference: 'an unknown difference',
    'no-jpeg': 'it does not start as JPEG does',
    'marker-length': 'a marker has no length',
    scans: 'it has more than one scan',
    arithmetic: 'arithmetic coding is not used in DICOM',
    marker: 'an unexpected marker',
    'scan-header': 'its scan header',
    predictor: 'its predictor',
    'frame-header': 'its frame header',
    precision: 'its precision',
    'quantisation-table': 'a quantisation table',
    'huffman-table': 'a Huffman table',
    'no-quantisation-table': 'a quantisation table is missing',
    'no-huffman-table': 'a Huffman table is missing',
    'marker-short': 'a marker is too short',
  },
  /** What a graph cannot hold of an operator. */
  operator: {
    cast: 'only float32, int32 and bool are supported',
    strides: 'strides must be positive',
    'batch-dims': 'batchDims is not supported',
    'channels-last': 'only channels-last images are supported',
    dilated: 'the gradient of a dilated convolution is not supported',
    'padding-pairs': 'an explicit padding must have a pair for each axis',
    padding: 'the padding is none of valid, same, a number and explicit pairs',
  },
  /** What trying the GPU came to. */
  probe: {
    missing: 'No GPU that WebGPU can use was found: the CPU computes.',
    slower: 'The GPU is slower than the CPU here (it may be emulated): the CPU computes.',
    wrong: 'The GPU computes wrong numbers: the CPU computes.',
    crashed: 'Trying the GPU ended in a crash of its driver: the CPU computes.',
    late: 'The GPU did not answer in time: the CPU computes.',
  },
  /** What is wrong in levels of noise. */
  levels: {
    'not-finite': 'values that are no finite numbers',
    negative: 'negative values',
    zero: 'no value above zero',
  },
  /** What of a series a model may not know. */
  feature: {
    'air over noise': 'air over noise',
    'dark tissue over noise': 'dark tissue over noise',
    'tissue over noise': 'tissue over noise',
    'bright tissue over noise': 'bright tissue over noise',
    'typical gradient over noise': 'typical gradient over noise',
    'steep gradient over noise': 'steep gradient over noise',
    'correlation of the noise': 'correlation of the noise',
    'range of tissue over noise': 'range of tissue over noise',
    'share of tissue': 'share of tissue',
    'share of edges': 'share of edges',
    'structure over noise': 'structure over noise',
  },
  /** Artifacts that are removed without training, as --remove names them. */
  artifact: {
    spike: 'spike',
    zipper: 'zipper',
    ghost: 'ghost',
    ring: 'ring',
    outliers: 'outliers',
    gibbs: 'gibbs',
    bias: 'bias',
  },
} as const;

type Terms = typeof TERMS;
export type TermGroup = keyof Terms;
export type TermName<G extends TermGroup> = keyof Terms[G] & string;
/** Group and name, as a catalogue of another language has them. */
export type TermKey = { [G in TermGroup]: `${G}.${TermName<G>}` }[TermGroup];

/** The English of a term; the name itself where there is none. */
export function englishTerm(group: string, name: string): string {
  const groups: Readonly<Record<string, Readonly<Record<string, string>>>> = TERMS;
  const terms = Object.hasOwn(groups, group) ? groups[group] : undefined;
  return terms !== undefined && Object.hasOwn(terms, name) ? (terms[name] ?? name) : name;
}
