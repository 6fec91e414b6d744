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
 */
package dev.measure.tdx;
