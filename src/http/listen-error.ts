/** The server cannot listen on the address in the settings. The message names the setting. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

/** @returns a ListenError that says what to change; the error itself if no setting caused it. */
export function explainListenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === 'EADDRINUSE') {
    return new ListenError(
      `Port ${port} is in use. Stop what listens there, or set PORT to another one (0 takes any free one).`,
    );
  }
  if (error.code === 'EACCES') {
    return new ListenError(
      `This account may not listen on port ${port}. Set PORT to 1024 or above, or give it that right.`,
    );
  }
  if (noAddress.has(error.code ?? '')) {
    return new ListenError(
      `${host} is no address of this machine (${error.code}). Set HOST to one that is; 0.0.0.0 stands for all of them.`,
    );
  }
  return error;
}

const noAddress = new Set(['EADDRNOTAVAIL', 'EAI_AGAIN', 'EINVAL', 'ENOTFOUND']);
