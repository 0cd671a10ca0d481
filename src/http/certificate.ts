import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { GatewayError } from '../model/errors.ts';

export interface CertificateFiles {
  /** PEM files: the certificate with its chain, and its key. */
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Reads both files and sees whether they belong together; throws `config-invalid` naming what is wrong. */
export const readCertificate = async (files: CertificateFiles): Promise<Certificate> => {
  try {
    const [cert, key] = await Promise.all([readFile(files.certFile), readFile(files.keyFile)]);
    createSecureContext({ cert, key });
    return { cert, key };
  } catch (cause) {
    const note = cause instanceof Error ? cause.message : undefined;
    throw new GatewayError(
      'config-invalid',
      { field: 'tls', certFile: files.certFile },
      { ...(note === undefined ? {} : { note }), cause },
    );
  }
};

/**
 * Calls `changed` after either file was replaced. The files' times are looked at (every ten seconds), for a renewal that
 * moves a symbolic link shows in no notification of the file system. Returns how to stop.
 */
export const watchCertificate = (files: CertificateFiles, changed: () => void, intervalMs = 10_000): (() => void) => {
  const names = [files.certFile, files.keyFile];
  for (const name of names) watchFile(name, { interval: intervalMs, persistent: false }, changed);
  return () => {
    for (const name of names) unwatchFile(name, changed);
  };
};
