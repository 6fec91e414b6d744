/**
 * Who a machine is, as its SMBIOS says, and the hardware ids (CHIDs) by which systemd-stub picks the firmware of an f-UKI.
 *
 * <pre>{@code
 * MachineIdentity machine = MachineIdentity.parse("manufacturer=QEMU,product=Standard PC (Q35 + ICH9, 2009)");
 * Chids chids = Chids.of(machine, ChidMode.STUB);
 * chids.value(ChidType.TYPE_9);   // what an entry of .hwids for vendor and product must hold
 * chids.lookups();                // what the stub compares, in its order
 * }</pre>
 *
 * <p>In the order in which a newcomer meets them: {@link dev.measure.smbios.MachineIdentity}, the fields of a machine, from a
 * file, a folder or text; {@link dev.measure.smbios.IdentityField}, their names; {@link dev.measure.smbios.ChidType}, which of them
 * are hashed together; {@link dev.measure.smbios.ChidMode}, whose rules; {@link dev.measure.smbios.Chids}, the result. Beneath lie
 * {@link dev.measure.smbios.SmbiosTable} with its {@link dev.measure.smbios.SmbiosStructure}s, and
 * {@link dev.measure.smbios.DmidecodeText}.
 */
package dev.measure.smbios;
