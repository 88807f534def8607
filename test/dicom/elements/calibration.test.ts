import { describe, expect, it } from 'vitest';
import { weakestCalibration } from '../../../src-main/dicom/elements/calibration.js';
import { calibrationNote, lengthUnit } from '../../../src-renderer/report/lengths.js';
import { lengthUnit as lengthUnitOfViewer } from '../../../src-renderer/viewer/session/length-unit.js';
import en from '../../../src-renderer/words/languages/en.json';

const ALL = ['patient', 'geometry', 'fiducial', 'detector', 'none'] as const;

describe('calibration', () => {
  it.each([
    [['patient', 'patient'], 'patient'],
    [['patient', 'none'], 'none'],
    [['fiducial', 'geometry', 'patient'], 'geometry'],
    [['detector', 'geometry'], 'detector'],
  ] as const)('of a series of %j is %s', (found, right) => {
    expect(weakestCalibration(found.map((calibration) => ({ calibration, size: null })))).toBe(right);
  });

  it.each(ALL)('%s has the same words in the report and in the viewer', (calibration) => {
    expect(calibrationNote(calibration)).toBe(
      calibration === 'patient' ? '' : en[`viewer.calibration.${calibration}`],
    );
    expect(lengthUnit(calibration)).toBe(calibration === 'none' ? 'px' : 'mm');
    const viewer = lengthUnitOfViewer(calibration, (one) => en[`viewer.calibration.${one}`]).line;
    expect(viewer.startsWith(lengthUnit(calibration))).toBe(true);
  });
});
