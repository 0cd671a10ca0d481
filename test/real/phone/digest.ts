import { createHash, randomBytes } from 'node:crypto';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** The value of an Authorization header that answers a digest challenge (RFC 2617, MD5, with or without `qop=auth`). */
export const answerChallenge = (challenge: string, method: string, uri: string, { username, password }: Credentials): string => {
  const given = new Map(
    [...challenge.matchAll(/(\w+)=(?:"([^"]*)"|([^\s,]+))/g)].map(([, name = '', quoted, bare]) => [name, quoted ?? bare ?? '']),
  );
  const realm = given.get('realm') ?? '';
  const nonce = given.get('nonce') ?? '';
  const opaque = given.get('opaque');
  const secret = md5(`${username}:${realm}:${password}`);
  const request = md5(`${method}:${uri}`);
  const cnonce = randomBytes(4).toString('hex');
  const answer = given.has('qop')
    ? `response="${md5(`${secret}:${nonce}:00000001:${cnonce}:auth:${request}`)}", qop=auth, nc=00000001, cnonce="${cnonce}"`
    : `response="${md5(`${secret}:${nonce}:${request}`)}"`;
  const identity = `Digest username="${username}", realm="${realm}", nonce="${nonce}", uri="${uri}", algorithm=MD5`;
  return `${identity}, ${answer}${opaque === undefined ? '' : `, opaque="${opaque}"`}`;
};
