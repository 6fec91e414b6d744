/**
 * PCR values of a boot, predicted from its files.
 *
 * <pre>{@code
 * BootInputs inputs = BootInputs.builder().uki(Uki.read(Source.open(Path.of("linux.efi")))).build();
 * BootPrediction boot = BootSequence.of(inputs).at(BootPhase.parse("enter-initrd"));
 * List<PcrPrediction> values = Pcr.of(List.of(boot), List.of(11), EnumSet.of(DigestAlgorithm.SHA256));
 * }</pre>
 *
 * <p>Read next: {@link dev.measure.tpm.Pcr} (the fold), {@link dev.measure.tpm.PcrPrediction} (one value, or why there is none),
 * {@link dev.measure.tpm.PredictedLog} (the log that the boot will leave).
 *
 * <p>Beside the values: policies over them, their signatures without a TPM, and the files in which PCR values travel.
 *
 * <p>{@link dev.measure.tpm.PcrPolicy} gives the policy digest of PCR values, {@link dev.measure.tpm.PolicySigningKey} signs it, and
 * {@link dev.measure.tpm.PcrSignature} is the file that carries the signatures, which is also the {@code .pcrsig} section of a UKI;
 * {@link dev.measure.tpm.PcrSignatureCheck} tells which of them can ever match.
 */
package dev.measure.tpm;
