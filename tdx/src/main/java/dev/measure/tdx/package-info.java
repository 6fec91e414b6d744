/**
 * Intel TDX: what the module measures when a trust domain is built, and the reports and quotes that carry it.
 *
 * <pre>{@code
 * Firmware firmware = Firmware.read(Source.open(Path.of("OVMF.fd")), Strictness.STRICT);
 * Mrtd.of(TdxLaunch.of(firmware));             // MRTD in page order and in section order
 * TdHob.of(TdxLaunch.of(firmware), 2L << 30);  // the HOB list of a guest with 2 GiB
 * }</pre>
 *
 * <p>Start at {@link dev.measure.tdx.TdxLaunch} and {@link dev.measure.tdx.Mrtd}; {@link dev.measure.tdx.TdxVmm} is the registry of
 * what VMMs do. {@link dev.measure.tdx.TdHob} and {@link dev.measure.tdx.Cfv} are the first events of RTMR0.
 *
 * <p>{@link dev.measure.tdx.Rtmr} predicts RTMR0 to RTMR3 of {@link dev.measure.tdx.RtmrInputs} by an
 * {@link dev.measure.tdx.Edk2Generation}; each {@link dev.measure.tdx.RtmrEvent} says whether it was predicted, given or taken from a
 * log.
 *
 * <p>{@link dev.measure.tdx.TdQuote} and {@link dev.measure.tdx.TdReport} are what hardware says. {@link dev.measure.tdx.TdExpectation}
 * compares them with a prediction, and {@link dev.measure.tdx.TdLog} with a log, of which it names the first event that a prediction
 * has not.
 */
package dev.measure.tdx;
