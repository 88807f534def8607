/** Who took part: an application by its title and where it is, as PS3.15 section A.5.2 writes them. */
export interface Party {
  /** Application entity title, or what else names it. */
  readonly name: string;
  /** Host, address, or URL; null where it is not known. */
  readonly address: string | null;
}

/** What was moved: instances of one study. */
export interface Moved {
  readonly study: string;
  readonly instances: number;
  /** Patient ID, where the audit is to have it; null. */
  readonly patient: string | null;
}

/** An event that an audit repository is told of. Times are ISO 8601. */
export type AuditEvent = { readonly at: string } & (
  | { readonly kind: 'start' | 'stop' }
  | { readonly kind: 'received'; readonly from: readonly Party[]; readonly moved: Moved }
  | { readonly kind: 'sent'; readonly to: Party; readonly moved: Moved }
  /** Into a folder, which is no application. */
  | { readonly kind: 'exported'; readonly to: Party; readonly moved: Moved }
  /** An association that was refused, or a certificate; `times` since this was told last. */
  | { readonly kind: 'refused'; readonly by: Party; readonly why: string; readonly times: number }
);

/** The application that tells it. */
export interface Teller {
  readonly title: string;
  readonly host: string;
  readonly process: number;
  /** Name of the site, where there are several; null. */
  readonly site: string | null;
}

/** Codes of PS3.16 (CID 400 to 405) with their meanings. */
const CODES = {
  activity: ['110100', 'Application Activity'],
  transferred: ['110104', 'DICOM Instances Transferred'],
  export: ['110106', 'Export'],
  alert: ['110113', 'Security Alert'],
  start: ['110120', 'Application Start'],
  stop: ['110121', 'Application Stop'],
  nodeAuthentication: ['110126', 'Node Authentication'],
  application: ['110150', 'Application'],
  destination: ['110152', 'Destination Role ID'],
  source: ['110153', 'Source Role ID'],
  destinationMedia: ['110154', 'Destination Media'],
  uri: ['110037', 'URI'],
  study: ['110180', 'Study Instance UID'],
  node: ['110182', 'Node ID'],
} as const;
type Code = keyof typeof CODES;

/** Participant Object ID Type Code 2 of RFC 3881, which DICOM takes for the Patient ID. */
const PATIENT_NUMBER = { 'csd-code': '2', codeSystemName: 'RFC-3881', originalText: 'Patient Number' };

/** Outcomes: success, and a failure after which all goes on. */
const [SUCCESS, MINOR_FAILURE] = ['0', '4'];

/** Whether the event is one that somebody should look at. */
export function isAlert({ kind }: AuditEvent): boolean {
  return kind === 'refused';
}

/** An event as AuditMessage (PS3.15 section A.5.1), without line breaks. */
export function auditXml(event: AuditEvent, us: Teller): string {
  return `<?xml version="1.0" encoding="UTF-8"?>${element('AuditMessage', {}, [...told(event, us), source(us)].sort(byOrder))}`;
}

interface Element {
  readonly name: string;
  readonly text: string;
}

/** The order that the schema asks for. */
const ORDER = [
  'EventIdentification',
  'ActiveParticipant',
  'AuditSourceIdentification',
  'ParticipantObjectIdentification',
];

function byOrder(a: Element, b: Element): number {
  return ORDER.indexOf(a.name) - ORDER.indexOf(b.name);
}

function told(event: AuditEvent, us: Teller): Element[] {
  switch (event.kind) {
    case 'start':
    case 'stop':
      return [identification(event, 'activity', 'E', event.kind), ourselves(us, ['application'], false)];
    case 'received':
      return [
        identification(event, 'transferred', 'C'),
        ...event.from.map((from, i) => participant(from, ['source'], i === 0)),
        ourselves(us, ['destination'], event.from.length === 0),
        ...objects(event.moved),
      ];
    case 'sent':
      return [
        identification(event, 'transferred', 'C'),
        ourselves(us, ['source'], true),
        participant(event.to, ['destination'], false),
        ...objects(event.moved),
      ];
    case 'exported':
      return [
        identification(event, 'export', 'R'),
        ourselves(us, ['source'], true),
        participant(event.to, ['destinationMedia'], false, [
          { name: 'MediaIdentifier', text: element('MediaIdentifier', {}, [coded('MediaType', 'uri')]) },
        ]),
        ...objects(event.moved),
      ];
    case 'refused':
      return [
        identification(event, 'alert', 'E', 'nodeAuthentication'),
        ourselves(us, ['application'], true),
        participant(event.by, ['source'], false),
        object('node', event.by.address ?? event.by.name, { ParticipantObjectTypeCode: '2' }, [
          detail('Alert Description', event.why),
          detail('Times', `${event.times}`),
        ]),
      ];
  }
}

function identification(event: AuditEvent, id: Code, action: string, type?: Code): Element {
  const attributes = {
    EventActionCode: action,
    EventDateTime: event.at,
    EventOutcomeIndicator: isAlert(event) ? MINOR_FAILURE : SUCCESS,
  };
  return made('EventIdentification', attributes, [
    coded('EventID', id),
    ...(type === undefined ? [] : [coded('EventTypeCode', type)]),
  ]);
}

function ourselves({ title, host, process }: Teller, roles: readonly Code[], asks: boolean): Element {
  return made(
    'ActiveParticipant',
    {
      UserID: `${process}`,
      AlternativeUserID: `AETITLES=${title}`,
      UserIsRequestor: `${asks}`,
      NetworkAccessPointID: host,
      NetworkAccessPointTypeCode: '1',
    },
    roles.map((role) => coded('RoleIDCode', role)),
  );
}

function participant(
  { name, address }: Party,
  roles: readonly Code[],
  asks: boolean,
  more: readonly Element[] = [],
): Element {
  return made(
    'ActiveParticipant',
    {
      UserID: name,
      UserIsRequestor: `${asks}`,
      ...(address === null
        ? {}
        : { NetworkAccessPointID: address, NetworkAccessPointTypeCode: accessPoint(address) }),
    },
    [...roles.map((role) => coded('RoleIDCode', role)), ...more],
  );
}

/** 1 a name, 2 an IP address, 5 a URI. */
function accessPoint(address: string): string {
  if (/^[a-z]+:\/\//i.test(address)) return '5';
  return /^[0-9.]+$|:/.test(address) ? '2' : '1';
}

function source({ title, site }: Teller): Element {
  return made(
    'AuditSourceIdentification',
    { ...(site === null ? {} : { AuditEnterpriseSiteID: site }), AuditSourceID: title },
    // An application server.
    [made('AuditSourceTypeCode', { 'csd-code': '4' }, [])],
  );
}

function objects({ study, instances, patient }: Moved): Element[] {
  const many = made('SOPClass', { NumberOfInstances: `${instances}` }, []);
  const person = { ParticipantObjectTypeCode: '1', ParticipantObjectTypeCodeRole: '1' };
  return [
    object('study', study, { ParticipantObjectTypeCode: '2', ParticipantObjectTypeCodeRole: '3' }, [
      made('ParticipantObjectDescription', {}, [many]),
    ]),
    ...(patient === null ? [] : [object(PATIENT_NUMBER, patient, person, [])]),
  ];
}

/** The schema wants a name too: the id again, for nobody is named here. */
function object(
  type: Code | Attributes,
  id: string,
  attributes: Attributes,
  more: readonly Element[],
): Element {
  const kind = 'ParticipantObjectIDTypeCode';
  return made('ParticipantObjectIdentification', { ParticipantObjectID: id, ...attributes }, [
    typeof type === 'string' ? coded(kind, type) : made(kind, type, []),
    { name: 'ParticipantObjectName', text: `<ParticipantObjectName>${escaped(id)}</ParticipantObjectName>` },
    ...more,
  ]);
}

/** Values are in base64, so that whatever a peer sent stays what it is. */
function detail(type: string, value: string): Element {
  return made('ParticipantObjectDetail', { type, value: Buffer.from(value).toString('base64') }, []);
}

function coded(name: string, code: Code): Element {
  const [value, meaning] = CODES[code];
  const attributes = {
    'csd-code': value,
    codeSystemName: 'DCM',
    displayName: meaning,
    originalText: meaning,
  };
  return made(name, attributes, []);
}

type Attributes = Readonly<Record<string, string>>;

function made(name: string, attributes: Attributes, children: readonly Element[]): Element {
  return { name, text: element(name, attributes, children) };
}

function element(name: string, attributes: Attributes, children: readonly Element[]): string {
  const given = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`);
  const open = `<${name}${given.join('')}`;
  return children.length === 0
    ? `${open}/>`
    : `${open}>${children.map(({ text }) => text).join('')}</${name}>`;
}

/** What a peer calls itself may hold anything: no mark-up comes of it, and nothing that XML 1.0 has no place for. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"'\t\n\r]/g, (one) => `&#${one.charCodeAt(0)};`);
}
