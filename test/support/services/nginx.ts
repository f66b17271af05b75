import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { isRoot } from './account.ts';
import { ensureInstalled } from './ensure-installed.ts';
import { findBinary } from './find-binary.ts';
import { freePort } from './free-port.ts';
import { createInstanceFolder } from './instance-folder.ts';
import { startServer } from './server.ts';

export interface NginxInstance extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  stop(): Promise<void>;
}

/** Starts a private nginx. `conf` gets the free port to listen on and returns the body of the `http` block. */
export async function startNginx(options: { conf: (port: number) => string }): Promise<NginxInstance> {
  await ensureInstalled(['nginx']);
  const binary = await findBinary('nginx');
  if (binary === undefined) throw new Error('nginx was found and is gone again');
  const port = await freePort();
  const folder = await createInstanceFolder();
  await writeFile(join(folder, 'nginx.conf'), fullConf(options.conf(port)));
  const server = await startServer({
    name: 'nginx',
    folder,
    binary,
    args: ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr'],
    parentDeathSignal: 'TERM',
    probe: () => connects(port),
  });
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    folder,
    stop: () => server.stop('SIGTERM'),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function fullConf(http: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
${isRoot() ? 'user root root; # the default account may not enter the folder' : ''}
daemon off;
pid nginx.pid;
events {}
http {
access_log off;
${temporary.map((name) => `${name}_temp_path ${name};`).join('\n')}
${http}
}
`;
}

async function connects(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
  } finally {
    socket.destroy();
  }
}
