// TLS certificates for loopback: a certificate authority of our own, and certificates signed by it. Written by hand as
// X.509 in DER, because Node can read certificates but not create them.
// https://www.rfc-editor.org/rfc/rfc5280#section-4.1
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';

/** In PEM, as node:tls accepts them. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface Authority {
  /** The authority's own certificate in PEM, for NODE_EXTRA_CA_CERTS. */
  readonly cert: string;
  /** A certificate for host names and IPv4 addresses. @param validUntil Far in the future by default. */
  issue(hosts: readonly string[], validUntil?: Date): Certificate;
}

const farFuture = new Date('2049-01-01T00:00:00Z');
const past = new Date('2020-01-01T00:00:00Z');

export function createAuthority(): Authority {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = name('test authority');
  // basicConstraints: a certificate authority.
  const isAuthority = extension([0x55, 0x1d, 0x13], true, sequence(Buffer.from([0x01, 0x01, 0xff])));
  const make = (subject: Buffer, key: KeyObject, validUntil: Date, extensions: Buffer): string => {
    const body = sequence(
      element(0xa0, integer(Buffer.from([2]))),
      integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
      ecdsaWithSha256,
      issuer,
      sequence(time(past), time(validUntil)),
      subject,
      key.export({ type: 'spki', format: 'der' }),
      element(0xa3, sequence(extensions)),
    );
    return pem(
      'CERTIFICATE',
      sequence(body, ecdsaWithSha256, bitString(sign('sha256', body, own.privateKey))),
    );
  };
  return {
    cert: make(issuer, own.publicKey, farFuture, isAuthority),
    issue(hosts, validUntil = farFuture) {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const names = hosts.map((host) =>
        isIP(host) === 4
          ? element(0x87, Buffer.from(host.split('.').map(Number)))
          : element(0x82, Buffer.from(host)),
      );
      const subjectAltName = extension([0x55, 0x1d, 0x11], false, sequence(...names));
      return {
        cert: make(name('test server'), publicKey, validUntil, subjectAltName),
        key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      };
    },
  };
}

const ecdsaWithSha256 = sequence(element(0x06, Buffer.from('2a8648ce3d040302', 'hex')));

function element(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function sequence(...contents: readonly Buffer[]): Buffer {
  return element(0x30, ...contents);
}

function integer(bytes: Buffer): Buffer {
  return element(0x02, bytes);
}

function bitString(bytes: Buffer): Buffer {
  return element(0x03, Buffer.from([0]), bytes);
}

/** A distinguished name that has only a common name. */
function name(commonName: string): Buffer {
  const type = element(0x06, Buffer.from([0x55, 0x04, 0x03]));
  return sequence(element(0x31, sequence(type, element(0x0c, Buffer.from(commonName)))));
}

/** UTCTime, which ends with 2049. */
function time(date: Date): Buffer {
  return element(0x17, Buffer.from(`${date.toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`));
}

function extension(identifier: readonly number[], isCritical: boolean, value: Buffer): Buffer {
  const critical = isCritical ? [Buffer.from([0x01, 0x01, 0xff])] : [];
  return sequence(element(0x06, Buffer.from(identifier)), ...critical, element(0x04, value));
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
