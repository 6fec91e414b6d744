/**
 * Concise Reference Integrity Manifests (draft-ietf-rats-corim): the form in which vendors publish what a verifier should find.
 *
 * <p>Start with {@link dev.measure.corim.CorimFile#read}: it says what a file is, unsigned or signed, and holds its {@link
 * dev.measure.corim.Corim}, whose {@link dev.measure.corim.Comid}s carry {@link dev.measure.corim.ReferenceTriple}s. The same
 * records make one: {@link dev.measure.corim.Corim#encode} writes core-deterministic CBOR (RFC 8949, section 4.2.1), and {@link
 * dev.measure.corim.SignedCorim#sign} wraps it into COSE_Sign1 (RFC 9052).
 */
package dev.measure.corim;
