import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { addressBytes, parseAddress } from '../../src/model/address.js';

/** A certificate and its key, both PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Signs certificates; as a PEM it is the CA file. */
export interface Authority extends Certificate {
  readonly name: string;
  /** `key`, read: to read it again for each signature takes ten times as long as to sign. */
  readonly signer: KeyObject;
}

interface CertificateWishes {
  readonly name: string;
  /** What it is valid for: DNS names and addresses. */
  readonly hosts?: readonly string[];
  readonly from?: Date;
  readonly until?: Date;
}

const YESTERDAY = new Date(Date.now() - 86_400_000);
const IN_A_YEAR = new Date(Date.now() + 365 * 86_400_000);

/** An authority of its own, made in a millisecond: no test needs a program or a file for it. */
export function makeAuthority(name: string): Authority {
  const { pem, privateKey: signer, publicKey } = newKey();
  return {
    name,
    key: pem,
    signer,
    cert: signed({ name }, publicKey, { name, signer }, [BASIC_CONSTRAINTS_CA]),
  };
}

export function issue(authority: Authority, wishes: CertificateWishes): Certificate {
  const { pem, publicKey } = newKey();
  const extensions = wishes.hosts === undefined ? [] : [subjectAltName(wishes.hosts)];
  return { key: pem, cert: signed(wishes, publicKey, authority, extensions) };
}

function newKey() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, publicKey, pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

// RFC 5280, 4.1. Everything below is DER: tag, length, content.
function signed(
  { name, from = YESTERDAY, until = IN_A_YEAR }: CertificateWishes,
  publicKey: KeyObject,
  issuer: Pick<Authority, 'name' | 'signer'>,
  extensions: readonly Buffer[],
): string {
  const validity = sequence(time(from), time(until));
  const body = sequence(
    tagged(0xa0, tagged(0x02, Buffer.from([2]))),
    tagged(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ECDSA_WITH_SHA256,
    distinguishedName(issuer.name),
    validity,
    distinguishedName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length === 0 ? [] : [tagged(0xa3, sequence(...extensions))]),
  );
  const signature = sign('sha256', body, issuer.signer);
  return pem(sequence(body, ECDSA_WITH_SHA256, tagged(0x03, Buffer.from([0]), signature)));
}

function subjectAltName(hosts: readonly string[]): Buffer {
  const names = hosts.map((host) =>
    isIP(host) === 0 ? tagged(0x82, Buffer.from(host)) : tagged(0x87, bytesOf(host)),
  );
  return sequence(objectIdentifier(0x55, 0x1d, 0x11), tagged(0x04, sequence(...names)));
}

function bytesOf(host: string): Buffer {
  const address = parseAddress(host);
  if (address === undefined) throw new Error(`no address: ${host}`);
  return Buffer.from(addressBytes(address));
}

function distinguishedName(commonName: string): Buffer {
  const attribute = sequence(objectIdentifier(0x55, 0x04, 0x03), tagged(0x0c, Buffer.from(commonName)));
  return sequence(tagged(0x31, attribute));
}

// UTCTime, good until 2049: YYMMDDhhmmssZ.
function time(moment: Date): Buffer {
  return tagged(0x17, Buffer.from(`${moment.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`));
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, ...parts);
}

function objectIdentifier(...bytes: readonly number[]): Buffer {
  return tagged(0x06, Buffer.from(bytes));
}

function tagged(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), length(content.length), content]);
}

function length(count: number): Buffer {
  if (count < 0x80) return Buffer.from([count]);
  return count < 0x100 ? Buffer.from([0x81, count]) : Buffer.from([0x82, count >> 8, count & 0xff]);
}

const ECDSA_WITH_SHA256 = sequence(objectIdentifier(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));

// critical, CA:TRUE
const BASIC_CONSTRAINTS_CA = sequence(
  objectIdentifier(0x55, 0x1d, 0x13),
  tagged(0x01, Buffer.from([0xff])),
  tagged(0x04, sequence(tagged(0x01, Buffer.from([0xff])))),
);
