package dev.measure.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** The rules of QEMU's command line, one by one. */
class QemuCommandLineTest {
    private static QemuGuest read(String text) {
        return QemuCommandLine.read(Source.of("vm", text.getBytes(StandardCharsets.UTF_8)));
    }

    private static int vcpus(String smp) {
        return read("qemu-system-x86_64 -smp " + smp).vcpus();
    }

    private static String refusal(String text) {
        return assertThrows(MalformedInputException.class, () -> read(text)).getMessage();
    }

    @Test
    void countsTheVcpusThatExistAtLaunch() {
        assertEquals(1, read("qemu-system-x86_64 -m 1G").vcpus());
        assertEquals(4, vcpus("4"));
        assertEquals(4, vcpus("4,maxcpus=16"));
        assertEquals(8, vcpus("sockets=2,cores=2,threads=2"));
        assertEquals(8, vcpus("maxcpus=8"));
        assertEquals(2, vcpus("cpus=2,sockets=1,cores=4,threads=2,maxcpus=8"));
        assertEquals(16, vcpus("0x10"));
        assertEquals(8, vcpus("010"));
        assertEquals(4, vcpus("2 -smp 4"));
        assertEquals(2, vcpus("2 -smp maxcpus=4"));
        assertEquals(12, vcpus("dies=3,cores=4"));
    }

    @Test
    void refusesWhatQemuRefuses() {
        assertEquals(
                "vm: offset 0x18: expected cpus of -smp greater than 0, found 0", refusal("qemu-system-x86_64 -smp 0"));
        assertEquals(
                "vm: offset 0x18: expected -smp with a topology of maxcpus = 4 vCPUs, found levels whose product is 8",
                refusal("qemu-system-x86_64 -smp 4,sockets=2,cores=2,threads=2"));
        assertEquals(
                "vm: offset 0x18: expected -smp with cpus of at most maxcpus = 4, found 8",
                refusal("qemu-system-x86_64 -smp 8,maxcpus=4"));
        assertEquals(
                "vm: offset 0x18: expected cpus of -smp as a number, found '$N'",
                refusal("qemu-system-x86_64 -smp $N"));
        assertEquals(
                "vm: offset 0x18: expected a parameter of -smp, found 'core'",
                refusal("qemu-system-x86_64 -smp 4,core=2"));
        assertEquals(
                "vm: offset 0x13: expected a value of -smp, found the end of the command",
                refusal("qemu-system-x86_64 -smp"));
        assertEquals(
                "vm: offset 0x0: expected an object of id sev0, which confidential-guest-support names, found none",
                refusal("qemu-system-x86_64 -machine q35,confidential-guest-support=sev0"));
        assertEquals("vm: offset 0x0: expected one QEMU command, found 0", refusal("echo hello"));
        assertEquals(
                "vm: offset 0x0: expected one QEMU command, found 2",
                refusal("qemu-system-x86_64 -smp 1\nqemu-system-x86_64 -smp 2\n"));
        assertEquals(
                "vm: offset 0x1b: expected a JSON object as value of -object, found something else",
                refusal("qemu-system-x86_64 -object '{\"a\":}'"));
        assertEquals(
                "vm: offset 0x18: expected an end of ', found the end of the data",
                refusal("qemu-system-x86_64 -cpu 'EPYC"));
    }

    @Test
    void theLastOfAKindCountsAndMachinesAddUp() {
        QemuGuest guest = read("""
                #!/bin/sh
                # a comment -smp 7
                exec qemu-system-x86_64 \\
                  -cpu EPYC-v4 -cpu EPYC-Genoa,+ibpb \\
                  -machine q35 -machine confidential-guest-support=sev0 \\
                  -object sev-snp-guest,id=sev0,policy=0x30000,kernel-hashes=on \\
                  -object sev-snp-guest,id=other,policy=0xb0000 \\
                  -bios A.fd -bios B.fd -append "a,,b 'c' \\"d\\"" --kernel 'my kernel' > log
                """);
        assertEquals(new QemuGuest.Cpu("EPYC-Genoa", List.of("+ibpb")), guest.cpu());
        assertEquals(Optional.of("q35"), guest.machine());
        assertEquals(0x30000, guest.security().orElseThrow().policy());
        assertEquals(Optional.of(new QemuGuest.FirmwareFile("B.fd", false, "raw")), guest.firmware());
        assertEquals(Optional.of("a,,b 'c' \"d\""), guest.append());
        assertEquals(Optional.of("my kernel"), guest.kernel());
    }

    @Test
    void anObjectThatTheMachineDoesNotNameDoesNotCount() {
        QemuGuest guest = read("qemu-system-x86_64 -cpu host -machine q35 -object sev-snp-guest,id=sev0");
        assertEquals(Optional.empty(), guest.security());
        assertEquals(
                List.of("the object sev0 is not used: -machine has no confidential-guest-support"), guest.remarks());
    }

    @Test
    void bit2OfThePolicyMakesSevEs() {
        QemuGuest guest = read("qemu-system-x86_64 -machine q35,memory-encryption=s -object sev-guest,id=s,policy=0x5");
        assertEquals(QemuGuest.Technology.SEV_ES, guest.security().orElseThrow().technology());
    }

    @Test
    void flashMemoryGoesBeforeBios() {
        assertEquals(
                Optional.of(new QemuGuest.FirmwareFile("a,b.fd", true, "raw")),
                read("qemu-system-x86_64 -bios X -drive if=pflash,unit=1,file=VARS"
                                + " -drive if=pflash,unit=0,format=raw,file=a,,b.fd")
                        .firmware());
        assertEquals(
                Optional.of(new QemuGuest.FirmwareFile("CODE", true, "raw")),
                read("qemu-system-x86_64 -pflash CODE -pflash VARS").firmware());
        assertEquals(
                Optional.of(new QemuGuest.FirmwareFile("c.qcow2", true, "qcow2")),
                read("qemu-system-x86_64 -machine q35,pflash0=f -blockdev driver=qcow2,node-name=f,file=s"
                                + " -blockdev driver=file,node-name=s,filename=c.qcow2")
                        .firmware());
        assertEquals(
                "vm: offset 0x0: expected a block device with a file as pflash0 = f, found none",
                refusal("qemu-system-x86_64 -machine q35,pflash0=f -blockdev driver=raw,node-name=f,file=f"));
    }

    @Test
    void readsTheArgumentsOfAProcess() {
        QemuGuest guest = read("/usr/bin/qemu-system-x86_64\0-smp\0" + "3\0-append\0a $b \"c\"\0");
        assertEquals(3, guest.vcpus());
        assertEquals(Optional.of("a $b \"c\""), guest.append());
        assertEquals(List.of(), guest.unresolved());
    }

    @Test
    void marksWhatOnlyTheShellKnows() {
        QemuGuest guest = read("$QEMU -smp 2 -kernel $KERNEL -initrd \"${DIR}/i\" -append '$literal' -bios `x y`");
        assertEquals(List.of("-kernel", "-initrd", "-bios"), guest.unresolved());
        assertEquals(Optional.of("${DIR}/i"), guest.initrd());
    }

    @Test
    void memoryIsInMebibytesUnlessItSaysOtherwise() {
        assertEquals(
                OptionalLong.of(2048L << 20), read("qemu-system-x86_64 -m 2048").memory());
        assertEquals(
                OptionalLong.of(8L << 30),
                read("qemu-system-x86_64 -m 8G,slots=5,maxmem=30G").memory());
        assertEquals(
                OptionalLong.of(219136L << 10),
                read("qemu-system-x86_64 -m size=219136k").memory());
    }

    @Test
    void valuesThatLookLikeOptionsAreValues() {
        assertEquals(1, read("qemu-system-x86_64 -append -smp -m 4").vcpus());
        assertEquals(
                2,
                read("qemu-system-x86_64 -nographic -smp 2 -unknown -cpu host").vcpus());
        assertEquals(
                "host",
                read("qemu-system-x86_64 -nographic -unknown -cpu host").cpu().model());
    }
}
