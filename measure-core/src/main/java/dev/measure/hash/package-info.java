/**
 * Hashing as fast as the machine allows: many messages side by side where vector instructions can be used, one message with what the
 * Java runtime has everywhere else. Bytes in, bytes out; the same answers on every path.
 *
 * <p>{@link dev.measure.hash.Sha384Messages} digests many messages of one length, {@link dev.measure.hash.Sha384Chains} advances
 * chains, {@link dev.measure.hash.Sha512Streams} continues streams. All three ask {@link dev.measure.hash.Engine} what this machine
 * has proven to do fastest. {@link dev.measure.hash.PlainSha512} is for processes that live too short for any of it.
 */
package dev.measure.hash;
