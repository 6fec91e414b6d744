package dev.measure.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import dev.measure.vectors.Shared;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every JSON output obeys the published schema, and the schema refuses what is not in it. */
class SchemaTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final JsonSchema schema = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
            .getSchema(Version.resource("result-v1.schema.json"));

    @TempDir
    Path folder;

    @BeforeEach
    void writeSamples() throws IOException {
        Samples.write(folder);
        byte[] page = new byte[4096];
        Files.write(folder.resolve("page"), page);
        page[0x3b0] = 1;
        Files.write(folder.resolve("other-page"), page);
    }

    @TestFactory
    Stream<DynamicTest> outputs() throws IOException {
        String machine = "manufacturer=QEMU,product=Standard PC (Q35 + ICH9, 2009)";
        List<List<String>> commands = new ArrayList<>(List.of(
                List.of("version"),
                List.of("snp", "OVMF.fd", "--vcpus", "1..3", "--vmm", "qemu,ec2,gce", "--vcpu-type", "EPYC-v4"),
                List.of("snp", "OVMF.fd", "--vcpus", "1", "--vmm", "ec2", "--trace=pages"),
                List.of("snp", "OVMF.fd", "--vcpus", "2", "--vcpu-sig", "1", "--kernel", "kernel", "--trace"),
                List.of("snp", "zero.fd", "--vcpus", "2", "--vcpu-type", "EPYC"),
                List.of("snp", "OVMF.fd", "--mode", "sev", "--kernel", "kernel", "--trace"),
                List.of("snp", "OVMF.fd", "--mode", "seves", "--vcpus", "3", "--vmm", "gce", "--trace=pages"),
                List.of("snp", "OVMF.fd", "--vcpus", "1", "--vmm", "gce", "--product", "genoa"),
                List.of("snp", "OVMF.fd", "--vcpus", "1", "--vmm", "krun"),
                List.of("snp", "vmsa", "page", "other-page"),
                List.of("snp", "vmsa", "--firmware", "OVMF.fd", "--vcpus", "3", "--vmm", "ec2"),
                List.of("snp", "zero.fd", "--vcpus", "2", "--vcpu-type", "EPYC", "--lenient"),
                List.of("fuki", "good.efi", "--machine", machine),
                List.of("fuki", "two.efi", "--machine", machine, "--chid-mode", "fwupd"),
                List.of("fuki", "legacy.efi", "--lint"),
                List.of("fuki", "plain.efi"),
                List.of("fuki", "evil.efi"),
                List.of("fuki", "OVMF.fd"),
                List.of("snp", "all-types.igvm", "--igvm-rules", "qemu,hyperv,igvmmeasure", "--trace=pages"),
                List.of("fuki", "igvm.efi"),
                List.of("fuki", "minimal.igvm"),
                List.of("inspect", "all-types.igvm"),
                List.of("inspect", "good.efi", "--bank", "sha1,sha256,sha384,sha512,sm3"),
                List.of("inspect", "zero.fd"),
                List.of("tdx", "tdx.fd", "--trace"),
                List.of("tdx", "tdx.efi", "--memory", "1G,2816M"),
                List.of("tdx", "tdx.fd", "--register", "cfv"),
                List.of("tdx", "tdx-two-hobs.fd"),
                List.of("tdx", "tdx.fd", "--register", "mrtd,rtmr0"),
                List.of("fuki", "tdx.efi"),
                List.of("inspect", "kernel"),
                List.of("inspect", "empty"),
                List.of("diff", "good.efi", "two.efi"),
                List.of("diff", "OVMF.fd", "OVMF.fd")));
        for (String fixture : List.of("fuki-match9.efi", "fuki-badmagic.efi", "fuki-prof.efi", "a1.addon.efi")) {
            fixture(fixture).ifPresent(file -> commands.add(List.of("fuki", file)));
        }
        for (String firmware : List.of("forky-OVMF.inteltdx.ms.fd", "deb13-OVMF_VARS_4M.fd")) {
            Shared.unxz("firmware/" + firmware + ".xz")
                    .ifPresent(file -> commands.add(List.of("inspect", file.toString())));
        }
        for (String evidence : List.of(
                "quotes/tdx_quote_5.dat",
                "quotes/az/hcl-report.bin",
                "ccel/go-eventlog/CCEL.bin",
                "dstack/quote-report.json")) {
            Shared.file("vectors/tdx/evidence/" + evidence)
                    .ifPresent(file -> commands.add(List.of("inspect", file.toString())));
        }
        for (String corim : List.of("corim/signed-good-corim", "comid/comid-integrity-registers", "corim/corim-2")) {
            Shared.file("vectors/formats/corim/veraison/" + corim + ".cbor")
                    .ifPresent(file -> commands.add(List.of("inspect", file.toString())));
        }
        for (String values : List.of("trustee/rvps/register-sample.json", "nitro/nitrotpm-measurements.json")) {
            Shared.file("vectors/formats/" + values)
                    .ifPresent(file -> commands.add(List.of("inspect", file.toString())));
        }
        Shared.file("vectors/tdx/evidence/acpi/acpi_q72/etc_acpi_tables.bin")
                .ifPresent(file -> commands.add(List.of("tdx", "acpi", "--acpi-tables", file.toString())));
        return commands.stream()
                .map(command -> DynamicTest.dynamicTest(String.join(" ", command), () -> validates(command)));
    }

    private static Optional<String> fixture(String name) throws IOException {
        Optional<Path> folder = Shared.untar("fixtures/ukis.tar.xz", ".");
        return folder.flatMap(root -> {
            try (Stream<Path> files = Files.walk(root)) {
                return files.filter(file -> file.endsWith(name)).findFirst().map(Path::toString);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private void validates(List<String> command) throws IOException {
        Session pretty = run(command, "--json");
        JsonNode result = JSON.readTree(pretty.out());
        assertEquals(Set.of(), schema.validate(result), pretty.toString());
        assertFalse(pretty.out().contains("\r"));
        assertTrue(pretty.out().endsWith("}\n"));
        if (command.stream()
                .anyMatch(word -> word.endsWith(".efi") && Path.of(word).isAbsolute())) {
            return; // real images are large: that one run obeys the schema is what they are here for
        }
        assertEquals(pretty.out(), run(command, "--json").out(), "the same command gives the same bytes");
        Session compact = run(command, "--json=short");
        assertEquals(result, JSON.readTree(compact.out()));
        assertEquals(compact.out().length() - 1, compact.out().indexOf('\n'), "one line");
        assertEquals(
                result,
                new YAMLMapper().readTree(run(command, "--format", "yaml").out()));
    }

    private Session run(List<String> command, String... more) {
        List<String> args = new ArrayList<>(command);
        args.addAll(List.of(more));
        return Session.in(folder, args.toArray(String[]::new));
    }

    @Test
    void predicatesObeyTheirSchema() throws IOException {
        JsonSchema predicates = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                .getSchema(Version.resource("launch-measurements-v0.1.schema.json"));
        Files.writeString(
                folder.resolve("result.json"),
                run(List.of("snp", "OVMF.fd", "--vcpus", "1..3", "--vcpu-type", "EPYC-v4"), "--json")
                        .out());
        JsonNode predicate = JSON.readTree(run(List.of("export", "result.json"), "--format", "in-toto-predicate")
                .out());
        assertEquals(Set.of(), predicates.validate(predicate));
        assertEquals(3, predicate.get("measurements").size());
        JsonNode statement = JSON.readTree(
                run(List.of("export", "result.json"), "--format", "in-toto").out());
        assertEquals(predicate, statement.get("predicate"));
        assertEquals("OVMF.fd", statement.get("subject").get(0).get("name").asText());
        ((ObjectNode) predicate).put("typo", 1);
        assertFalse(predicates.validate(predicate).isEmpty());
    }

    @Test
    void refusesWhatItDoesNotName() throws IOException {
        JsonNode result =
                JSON.readTree(run(List.of("fuki", "good.efi"), "--json").out());
        ((ObjectNode) result).put("typo", 1);
        assertFalse(schema.validate(result).isEmpty());
        ((ObjectNode) result).remove("typo");
        assertTrue(schema.validate(result).isEmpty());
        ((ObjectNode) result.get("found")).put("typo", 1);
        assertFalse(schema.validate(result).isEmpty());
        ((ObjectNode) result.get("found")).remove("typo");
        ((ObjectNode) result.get("measurements").get(0)).put("value", "xyz");
        assertFalse(schema.validate(result).isEmpty());
    }

    @Test
    void holdsWhatTheContractShows() throws IOException {
        JsonNode result =
                JSON.readTree(run(List.of("snp", "OVMF.fd", "--vcpus", "2", "--vcpu-type", "EPYC-v4"), "--json")
                        .out());
        assertEquals("measure/result/v1", result.get("schema").asText());
        assertEquals("firmware", result.at("/inputs/0/role").asText());
        assertEquals("OVMF.fd", result.at("/inputs/0/name").asText());
        assertEquals(65536, result.at("/inputs/0/size").asInt());
        assertEquals(
                "1340c9b420ade618949b7aff39999689537b955304e2269b67f6acfb24494a11",
                result.at("/inputs/0/sha256").asText());
        JsonNode value = result.at("/measurements/0");
        assertEquals(
                "snp/fw=file:OVMF.fd/vmm=qemu/cpu=EPYC-v4/features=0x1/vcpus=2/hashes=none/rules=raw",
                value.get("id").asText());
        assertEquals("snp", value.get("register").asText());
        assertEquals("sha384", value.get("alg").asText());
        assertEquals("predicted", value.get("status").asText());
        assertEquals(
                "{\"vmm\":\"qemu\",\"vcpuType\":\"EPYC-v4\",\"guestFeatures\":\"0x1\",\"vcpus\":2}",
                value.get("parameters").toString());
        boolean features = false;
        for (JsonNode assumption : result.get("assumptions")) {
            features |= assumption.get("key").asText().equals("guest-features")
                    && assumption.get("value").asText().equals("0x1");
        }
        assertTrue(features, result.get("assumptions").toString());
    }
}
