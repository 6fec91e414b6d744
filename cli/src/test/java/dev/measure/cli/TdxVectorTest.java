package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the command prints for real firmware and evidence, against what other programs say of them. */
class TdxVectorTest {
    @TempDir
    Path folder;

    private Session measure(String... args) {
        return Session.with(new Surroundings(folder.toString(), Map.of(), false, false), new byte[0], args);
    }

    @Test
    void realFirmwareHasThePeersValues() throws IOException {
        Optional<Path> vectors = Shared.file("vectors/tdx/mrtd.json");
        Optional<Path> firmware = Shared.unxz("firmware/forky-OVMF.inteltdx.ms.fd.xz");
        if (vectors.isEmpty() || firmware.isEmpty()) {
            return;
        }
        for (JsonNode image :
                new ObjectMapper().readTree(vectors.get().toFile()).get("ovmf")) {
            if (!image.get("file").asText().endsWith("OVMF.inteltdx.ms.fd")) {
                continue;
            }
            String file = firmware.get().toString();
            String fw = "fw=file:" + firmware.get().getFileName();
            assertEquals(
                    image.get("mrtd_section").asText() + "\n",
                    measure("tdx", "--firmware", file, "--qemu-version", "8.2.2")
                            .out());
            assertEquals(
                    image.get("mrtd_page").asText() + "\n",
                    measure("tdx", file, "--qemu-version", "10.1").out());
            String orders =
                    measure("tdx", file, "--order", "page,section,image").out();
            for (String order : List.of("page", "section", "image")) {
                String line = "mrtd/" + fw + "/order=" + order + "  "
                        + image.get("mrtd_" + order).asText() + "\n";
                assertTrue(orders.contains(line), line + orders);
            }
            String events = measure("tdx", file, "--memory", "512,2G,2816M,16384", "--register", "td-hob,cfv")
                    .out();
            assertTrue(
                    events.contains("cfv/" + fw + "  " + image.get("cfv_sha384").asText() + "\n"), events);
            image.get("td_hob").properties().forEach(hob -> {
                String memory = hob.getKey().replace("MiB", "");
                String line = "tdhob/" + fw + "/memory=" + memory + "  "
                        + hob.getValue().asText() + "\n";
                assertTrue(events.contains(line), line + events);
            });
            assertTrue(measure("fuki", file)
                    .out()
                    .contains("/order=page  " + image.get("mrtd_page").asText() + "\n"));
            return;
        }
        throw new AssertionError("the vectors lack the image");
    }

    @Test
    void inspectShowsAQuoteAndSaysIfItIsForged() throws IOException {
        Optional<Path> file = Shared.file("vectors/tdx/evidence/quotes/tdx_quote_5.dat");
        if (file.isEmpty()) {
            return;
        }
        Session good = measure("inspect", file.get().toString());
        assertEquals(0, good.exit(), good::toString);
        assertTrue(
                good.out()
                        .contains(
                                "dfba221b48a22af8511542ee796603f37382800840dcd978703909bf8e64d4c8a1e9de86e7c9638bfcba422f3886400a"),
                good.out());
        byte[] forged = Files.readAllBytes(file.get());
        forged[190] ^= 1; // in MRTD
        Files.write(folder.resolve("forged"), forged);
        Session bad = measure("inspect", "forged");
        assertEquals(8, bad.exit(), bad::toString);
        assertTrue(bad.out().contains("quote signature"), bad.out());
        assertTrue(
                bad.err().contains("forged: a signature or a hash in it is wrong, so nothing in it proves anything"),
                bad.err());
    }

    @Test
    void acpiBlobsAreThoseThatQemuMade() throws IOException {
        Optional<Path> file = Shared.file("vectors/tdx/evidence/acpi/acpi_q100/etc_acpi_tables.bin");
        if (file.isEmpty()) {
            return;
        }
        Session blobs = measure("tdx", "acpi", "--acpi-tables", file.get().toString(), "--dump-acpi", "blobs");
        // SHA-384 of QEMU's own etc/table-loader and etc/acpi/rsdp.
        assertTrue(
                blobs.out()
                        .contains(
                                "4096  10a38b59746179c4cd521546b66a2363681df16558aab71ad88bbff78bf15ba4fa65b939baa0207cd2826471a581fd0a"),
                blobs.out());
        assertTrue(
                blobs.out()
                        .contains(
                                "20  7b450a609235534dfa8b0c5ca0254554057173ef19b3a1e03a51e4c974818b87a99a7afbdbf591b4bcae52ce50b5a5b6"),
                blobs.out());
        assertEquals(
                -1,
                Files.mismatch(
                        file.get().resolveSibling("etc_table-loader.bin"),
                        folder.resolve("blobs/etc_table-loader.bin")));
    }

    /** A log of a trust domain of 1 GiB; its firmware has the layout and the variable store of Debian's. */
    @Test
    void rtmr0OfADirectBootIsThatOfALogWhoseAcpiDigestsAreTaken() throws IOException {
        Optional<Path> log = Shared.file("vectors/tdx/evidence/dstack/ccel.bin");
        Optional<Path> firmware = Shared.unxz("firmware/deb13-OVMF.fd.xz");
        if (log.isEmpty() || firmware.isEmpty()) {
            return;
        }
        String replayed = "";
        for (JsonNode item : new ObjectMapper()
                .readTree(Shared.file("vectors/tdx/evidence.json").orElseThrow().toFile())) {
            if (item.path("file").asText().equals("evidence/dstack/ccel.bin")) {
                replayed = item.get("replayed").get("rtmr0").asText();
            }
        }
        String[] words = {
            "tdx",
            firmware.get().toString(),
            "--edk2",
            "202411",
            "--memory",
            "1G",
            "--register",
            "rtmr0",
            "--from-log",
            log.get().toString(),
            "--transcript",
            "events",
            "--json"
        };
        JsonNode value = new ObjectMapper()
                .readTree(measure(words).out())
                .get("measurements")
                .get(0);
        assertEquals(replayed, value.get("value").asText());
        assertEquals("from-evidence", value.get("status").asText());
        // Only the three ACPI digests are the log's.
        assertEquals(
                3,
                Files.readAllLines(folder.resolve("events")).stream()
                        .filter(line -> line.contains("\tfrom-evidence\t"))
                        .count());
        assertEquals(13, Files.readAllLines(folder.resolve("events")).size());
        words[5] = "2G";
        assertTrue(!measure(words).out().contains(replayed));
    }

    /** The value is what Python's hashlib makes of PCRs 8 to 15 in the log of the real boot. */
    @Test
    void theIdOfAnRtmrNamesTheFirmwareThatTheMachineSelects() throws IOException {
        Optional<Path> uki = Shared.untar("fixtures/ukis.tar.xz", "ukis/fuki-match9.efi");
        Optional<Path> firmware = Shared.unxz("firmware/deb13-OVMF.fd.xz");
        Optional<Path> smbios = Shared.file("vectors/boots/a-v257-fw2025.02/smbios-table.bin");
        if (uki.isEmpty() || firmware.isEmpty() || smbios.isEmpty()) {
            return;
        }
        Session run = measure(
                "tdx",
                uki.get().toString(),
                "--firmware",
                firmware.get().toString(),
                "--smbios",
                smbios.get().toString(),
                "--secure-boot",
                "off",
                "--register",
                "rtmr2",
                "--json");
        JsonNode measurements = new ObjectMapper().readTree(run.out()).get("measurements");
        assertEquals(1, measurements.size(), run::toString);
        assertTrue(measurements.get(0).get("id").asText().contains("/fwid=inteltdx-2026.08/"), run::toString);
        assertEquals(
                "c7017b65cac8ac1cb10e40529dfa8d138c1f055502d16c740be0a6feb07e81cf2e7ccc03698613599f6a4ff9b8f0ee6b",
                measurements.get(0).get("value").asText());
    }
}
