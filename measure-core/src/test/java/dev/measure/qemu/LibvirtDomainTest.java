package dev.measure.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** The rules of libvirt domains, one by one. */
class LibvirtDomainTest {
    private static QemuGuest read(String inside) {
        return xml(
                "<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>" + inside + "</domain>");
    }

    private static QemuGuest xml(String text) {
        return LibvirtDomain.read(Source.of("vm.xml", text.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void vcpusThatArePluggedInLaterDoNotCount() {
        assertEquals(2, read("<vcpu current='2'>8</vcpu>").vcpus());
        assertEquals(8, read("<vcpu>8</vcpu>").vcpus());
        assertEquals(1, read("").vcpus());
        assertEquals(
                2,
                read("<vcpu>3</vcpu><vcpus><vcpu id='0' enabled='yes'/><vcpu id='1' enabled='no'/>"
                                + "<vcpu id='2' enabled='yes'/></vcpus>")
                        .vcpus());
        assertEquals(
                4,
                read("<vcpu>4</vcpu><cpu><topology sockets='1' cores='2' threads='2'/></cpu>")
                        .vcpus());
    }

    @Test
    void argumentsForQemuComeLast() {
        QemuGuest guest = read("<vcpu>4</vcpu><cpu><model>EPYC</model></cpu><qemu:commandline>"
                + "<qemu:arg value='-cpu'/><qemu:arg value='EPYC-v4'/></qemu:commandline>");
        assertEquals("EPYC-v4", guest.cpu().model());
        assertEquals(4, guest.vcpus());
    }

    @Test
    void policiesAreHexadecimalEvenWithoutTheirPrefix() {
        QemuGuest guest = read("<launchSecurity type='sev-snp'><policy>30000</policy></launchSecurity>");
        assertEquals(0x30000, guest.security().orElseThrow().policy());
    }

    @Test
    void asksForTheFirmwareThatLibvirtChooses() {
        QemuGuest guest = read("<os firmware='efi'><type arch='x86_64'>hvm</type></os>");
        assertEquals(Optional.empty(), guest.firmware());
        assertTrue(guest.remarks()
                .contains("libvirt chooses the firmware by itself; the XML of the running domain names the file"));
    }

    @Test
    void memoryHasUnits() {
        assertEquals(OptionalLong.of(2048), read("<memory>2</memory>").memory());
        assertEquals(
                OptionalLong.of(2_000_000), read("<memory unit='MB'>2</memory>").memory());
        assertEquals(
                OptionalLong.of(2L << 30), read("<memory unit='GiB'>2</memory>").memory());
        assertEquals(
                OptionalLong.of(2L << 30), read("<memory unit='G'>2</memory>").memory());
        assertEquals(OptionalLong.of(7), read("<memory unit='bytes'>7</memory>").memory());
    }

    @Test
    void refusesDocumentTypesAndEntities() {
        assertEquals(
                "expected XML without a document type and entities, found one with them",
                after(refusal("<!DOCTYPE domain [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><domain>&x;</domain>")));
    }

    @Test
    void refusesWhatIsNoDomain() {
        assertEquals("expected well-formed XML, found something else", after(refusal("<domain>")));
        assertEquals("expected well-formed XML, found something else", after(refusal("")));
        byte[] latin1 = "<domain>\u00e9</domain>".getBytes(StandardCharsets.ISO_8859_1);
        assertEquals(
                "vm.xml: offset 0x8: expected XML in UTF-8, found a byte that is none",
                assertThrows(MalformedInputException.class, () -> LibvirtDomain.read(Source.of("vm.xml", latin1)))
                        .getMessage());
        assertEquals(
                "expected elements nested at most 64 deep, found more", after(refusal("<domain>" + "<a>".repeat(100))));
        assertEquals("expected the root element domain, found network", after(refusal("<network/>")));
        assertEquals(
                "expected launchSecurity of type sev, sev-snp or tdx, found 's390-pv'",
                after(refusal("<domain><launchSecurity type='s390-pv'/></domain>")));
        assertEquals(
                "expected a policy in hexadecimal, found 'SMT'",
                after(refusal("<domain><launchSecurity type='sev'><policy>SMT</policy></launchSecurity></domain>")));
        assertEquals(
                "expected base64 as host-data, found other text",
                after(refusal(
                        "<domain><launchSecurity type='sev-snp'><hostData>!</hostData></launchSecurity></domain>")));
        assertEquals(
                "expected cpus of -smp as a number, found 'four'",
                after(refusal("<domain><vcpu>four</vcpu></domain>")));
    }

    private static String refusal(String text) {
        return assertThrows(MalformedInputException.class, () -> xml(text)).getMessage();
    }

    /** The message without its place, which the XML reader of the JDK tells only roughly. */
    private static String after(String message) {
        assertTrue(message.matches("vm.xml: offset 0x[0-9a-f]+: .*"), message);
        return message.substring(message.indexOf("expected"));
    }
}
