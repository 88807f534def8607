import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { object, readText, text } from '../../src-main/contract/schema/schema.js';
import { readAttributes } from '../../src-main/dicom/elements/attributes.js';
import { walkElements } from '../../src-main/dicom/elements/elements.js';
import { tempFolder } from '../dicom/support.js';
import { drawSeries } from '../node/support.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const CONTAINER = path.join(ROOT, 'assets/container');
const Manifest = object({ type: text, command: text, version: text });
/** A container for Linux runs it. */
const noShell = process.platform === 'win32';

/** What starts in the container, with `limpid` on its path and the folders that a router names. */
function startModule(environment: Readonly<Record<string, string>>, ...args: string[]) {
  const bin = tempFolder();
  fs.symlinkSync(path.join(ROOT, 'bin/limpid.js'), path.join(bin, 'limpid'));
  const env = {
    PATH: `${bin}:${path.dirname(process.execPath)}:/usr/bin:/bin`,
    LIMPID_HOME: tempFolder(),
    TMPDIR: tempFolder(),
    ...environment,
  };
  const { status, stdout } = spawnSync('sh', [path.join(CONTAINER, 'module.sh'), ...args], { env });
  return { status, stdout: stdout.toString(), left: fs.readdirSync(env.TMPDIR) };
}

describe.skipIf(noShell)('what a container starts as a module of others', () => {
  it('takes images from the folder of mercure and puts results flat into the other; what fails keeps no other', () => {
    const [into, out] = [tempFolder(), tempFolder()];
    const { files, series } = drawSeries({ slices: 2 });
    for (const file of files) fs.copyFileSync(file, path.join(into, `${series}#${path.basename(file)}`));
    fs.writeFileSync(path.join(into, 'task.json'), '{"process": {}}');
    fs.writeFileSync(path.join(into, 'broken.dcm'), 'no image');
    const { status, left } = startModule({
      MERCURE_IN_DIR: into,
      MERCURE_OUT_DIR: out,
      LIMPID_ARGUMENTS: '--model nlm',
    });
    expect(status).toBe(1);
    const names = fs.readdirSync(out).sort();
    expect(names.filter((name) => !name.endsWith('.dcm'))).toEqual([
      'report.html',
      'report.json',
      'result.json',
    ]);
    const images = names.filter((name) => name.endsWith('.dcm'));
    expect(images).toHaveLength(2);
    for (const name of images) {
      const bytes = new Uint8Array(fs.readFileSync(path.join(out, name)));
      const attributes = readAttributes(bytes, walkElements(bytes));
      expect(`${attributes.text('x0020000e')}#${attributes.text('x00080018')}.dcm`).toBe(name);
      expect(attributes.text('x0020000e')).not.toBe(series);
    }
    expect(JSON.parse(fs.readFileSync(path.join(out, 'result.json'), 'utf8'))).toMatchObject({ sent: 2 });
    expect(left).toEqual([]);
  });

  it('takes the folders of a MONAI application too, says by its code that nothing is there, and shows its manifests', () => {
    const [into, out] = [tempFolder(), tempFolder()];
    const folders = { HOLOSCAN_INPUT_PATH: into, HOLOSCAN_OUTPUT_PATH: out };
    expect(startModule(folders, '--model', 'dct').status).not.toBe(0);
    expect(fs.readdirSync(out)).toEqual([]);
    const [app, pkg] = ['app.json', 'pkg.json'].map((name) => path.join(CONTAINER, name));
    const shown = startModule({ HOLOSCAN_APP_MANIFEST_PATH: app, HOLOSCAN_PKG_MANIFEST_PATH: pkg }, 'show');
    const told = fs.readFileSync(app, 'utf8');
    expect(shown).toMatchObject({ status: 0, stdout: told + fs.readFileSync(pkg, 'utf8') });
    const manifest = readText(Manifest, told);
    const { version } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
    expect(manifest).toMatchObject({ fits: true, value: { type: 'application', version } });
    const dockerfile = fs.readFileSync(path.join(CONTAINER, 'Dockerfile.module'), 'utf8');
    expect(dockerfile).toContain(`ENTRYPOINT ["${manifest.fits ? manifest.value.command : ''}"]`);
    expect(dockerfile).toContain(`image.version="${version}"`);
  });
});
