import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { credentialsError, type Place } from './credentials-error.js';

/** Certificates or a key as text between BEGIN and END lines, and where they come from. */
export interface Pem {
  readonly text: Buffer;
  readonly place: Place;
}

/** Node passes silently over CA text it cannot read, and then trusts nobody: refused here instead. */
export function checkCertificates(pem: Pem): X509Certificate {
  try {
    return new X509Certificate(pem.text);
  } catch {
    throw credentialsError(pem.place, 'holds no PEM certificate.', 'Put one there, with its BEGIN line.');
  }
}

/** While a pair is being replaced one half may be new and the other old; that too is found here. */
export function checkPair(certificate: Pem, key: Pem): X509Certificate {
  const x509 = checkCertificates(certificate);
  if (x509.checkPrivateKey(parsedKey(key))) return x509;
  const message = `is not the key of the certificate in ${certificate.place.field ?? certificate.place.subject}.`;
  throw credentialsError(key.place, message, 'Put the two halves of one pair there.');
}

function parsedKey(key: Pem): KeyObject {
  try {
    return createPrivateKey(key.text);
  } catch {
    throw credentialsError(key.place, 'holds no PEM key without a passphrase.', 'Put one there.');
  }
}
