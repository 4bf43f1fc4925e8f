/** The process that publishes a gVisor release to the nodes of a local cluster: `file-server.ts ADDRESS FOLDER ADDRESS_FILE`. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { replaceFile } from '../replace-file';

const [address = '', folder = '', addressFile = ''] = process.argv.slice(2);

/** Only `/<version>/<arch>/<program>`, so that no request leaves the folder. */
const RELEASE_PATH = /^\/[0-9.]+\/(?:x86_64|aarch64)\/[a-z0-9-]+$/;

const server = createServer((request, response) => {
  const path = request.url ?? '';
  const file = join(folder, path);
  const refuse = (): void => void response.writeHead(404).end();
  if (request.method !== 'GET' || !RELEASE_PATH.test(path)) return refuse();
  stat(file).then(({ size }) => {
    response.writeHead(200, { 'content-length': size });
    createReadStream(file).pipe(response);
  }, refuse);
});

server.listen(0, address, () => {
  const { port } = server.address() as AddressInfo;
  void replaceFile(addressFile, `http://${address}:${port}`);
});
