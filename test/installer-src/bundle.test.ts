import { homedir } from 'node:os';
import { join } from 'node:path';
import { bundleInstaller } from '../../installer-src/bundle';

const source = bundleInstaller();

test('the installer fits a ConfigMap beside what else is in it', () => {
  expect(Buffer.byteLength(source)).toBeLessThan(700 * 1024);
});

test('it is the same every time, and says nothing of the computer that made it', () => {
  expect(bundleInstaller()).toBe(source);
  expect(source).not.toContain(join(__dirname, '../..'));
  expect(source).not.toContain(`${homedir()}/`);
});
