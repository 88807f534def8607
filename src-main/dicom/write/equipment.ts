import { VERSION } from '../../base/version.js';
import type { Equipment } from './derive-parts.js';

/** What Contributing Equipment Sequence says of this program. */
export const EQUIPMENT: Equipment = { manufacturer: 'Limpid', model: 'Limpid', softwareVersion: VERSION };
