/**
 * AMD SEV-SNP: launch digests, ID blocks and attestation reports.
 *
 * <pre>{@code
 * static List<FieldVerdict> launchAndVerify(Source ovmf, Source idKey, Source report) {
 *     Firmware firmware = Firmware.read(ovmf, Strictness.STRICT);
 *     Prediction prediction = LaunchDigest.of(SnpLaunch.of(firmware), SnpGuest.qemu(1, CpuModel.parse("EPYC-v4")));
 *     if (!(prediction instanceof Prediction.Predicted predicted)) {
 *         throw new IllegalStateException(prediction.toString()); // it says why there is no digest
 *     }
 *     Digest digest = predicted.measurement().value();
 *
 *     // what the owner signs: QEMU's id-block= and id-auth=
 *     IdBlock block = IdBlock.of(digest);
 *     IdAuth auth = IdAuth.sign(block, SigningKey.read(idKey, Optional.empty()), Optional.empty());
 *     List<FieldVerdict> verdicts = new ArrayList<>(IdBlockCheck.SIGNATURES.of(block, auth));
 *
 *     // what the guest proves; EndorsementChain says who signed it
 *     verdicts.addAll(ReportCheck.of("guest", digest).of(SnpEvidence.read(report).report()));
 *     return verdicts;
 * }
 * }</pre>
 *
 * <p>{@link dev.measure.snp.SnpLaunch} is what is loaded, {@link dev.measure.snp.SnpGuest} what else of the guest is measured, and
 * {@link dev.measure.snp.LaunchDigest} gives the answer. {@link dev.measure.snp.Vmm} is the registry of VMMs,
 * {@link dev.measure.snp.Vmsa} the page of a vCPU, {@link dev.measure.snp.VmsaPage} such a page field by field.
 *
 * <p>Other launches: {@link dev.measure.snp.SevLaunchDigest} for SEV and SEV-ES, whose owner sees
 * {@link dev.measure.snp.LaunchMeasure}; {@link dev.measure.snp.SvsmLaunchDigest} for a raw SVSM;
 * {@link dev.measure.snp.KrunLaunchDigest} for libkrun. Without the firmware itself, {@link dev.measure.snp.FirmwareMetadata} says
 * enough of it, and {@link dev.measure.snp.KernelHashes#ofDigests} takes hashes instead of files.
 *
 * <p>A guest that is loaded from an IGVM file: {@link dev.measure.snp.IgvmLaunchDigest} takes an
 * {@link dev.measure.snp.IgvmLaunch}, and {@link dev.measure.snp.IgvmRules} says who loads it.
 * {@link dev.measure.snp.IgvmSecureBoot} makes such a file of a firmware, its Secure Boot keys and its kernel.
 *
 * <p>{@link dev.measure.snp.IdBlock} is what an owner signs about a guest, {@link dev.measure.snp.IdAuth} the signature,
 * {@link dev.measure.snp.SigningKey} the key, and {@link dev.measure.snp.IdBlockCheck} verifies a pair. Of a running guest,
 * {@link dev.measure.snp.SnpEvidence} reads the {@link dev.measure.snp.AttestationReport}, {@link dev.measure.snp.ReportCheck} compares
 * it with a prediction, {@link dev.measure.snp.EndorsementChain} verifies who signed it, and {@link dev.measure.snp.GceEndorsement} is
 * what Google says of its firmware. All of them answer with {@link dev.measure.FieldVerdict}.
 *
 * <p>Everything works in memory, opens no connection and reads no clock. What is public is immutable, and its methods may be called by
 * several threads.
 */
package dev.measure.snp;
