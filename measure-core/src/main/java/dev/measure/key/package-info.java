/**
 * Files with keys: PEM and DER with limits, and what PKCS #8 encrypts. For the parsers of this project, not for users; no error quotes
 * any byte of a key.
 */
package dev.measure.key;
