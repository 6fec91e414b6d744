/**
 * TPM 2.0 policies over PCR values and their signatures, without a TPM, and the files in which PCR values travel.
 *
 * <p>{@link dev.measure.tpm.PcrPolicy} gives the policy digest of PCR values, {@link dev.measure.tpm.PolicySigningKey} signs it, and
 * {@link dev.measure.tpm.PcrSignature} is the file that carries the signatures, which is also the {@code .pcrsig} section of a UKI;
 * {@link dev.measure.tpm.PcrSignatureCheck} tells which of them can ever match.
 */
package dev.measure.tpm;
