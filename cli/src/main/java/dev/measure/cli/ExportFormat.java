package dev.measure.cli;

import dev.measure.Register;
import dev.measure.export.CloudPolicies;
import dev.measure.export.ComputePcrs;
import dev.measure.export.Constellation;
import dev.measure.export.Contrast;
import dev.measure.export.CorimExport;
import dev.measure.export.Dsse;
import dev.measure.export.InToto;
import dev.measure.export.PlainList;
import dev.measure.export.ReferenceSet;
import dev.measure.export.Rvps;
import dev.measure.export.TpmPolicies;
import dev.measure.tpm.JsonStyle;
import dev.measure.tpm.PcrSignature;
import dev.measure.tpm.SignatureHash;
import dev.measure.tpm.SystemdMeasure;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * A form of export.
 *
 * @param name the name on the command line
 * @param group under which heading the help lists it
 * @param summary who reads it
 * @param options the options of the verb that say something to it
 * @param shown the values that it can hold; the others are left out, and that is said
 * @param writer writes it
 */
record ExportFormat(
        String name,
        String group,
        String summary,
        Set<String> options,
        Function<ExportCall, ReferenceSet> shown,
        Function<ExportCall, byte[]> writer) {
    private static final Set<String> RVPS = Set.of("--evidence", "--name", "--value");
    private static final Set<String> SIGNED = Set.of("--sign-key", "--passphrase-file");
    private static final Set<String> CORIM = Set.of(
            "--corim-for", "--id", "--entity", "--entity-uri", "--not-before", "--not-after", "--chip-key", "--policy");
    private static final Set<String> FILES = Set.of("--sign-key", "--passphrase-file", "--subject");
    private static final Map<String, ExportFormat> ALL = all();

    static Map<String, ExportFormat> byName() {
        return ALL;
    }

    /** {@return the keys that an export of this form may have in a manifest, sorted: its options without dashes} */
    List<String> keys() {
        Set<String> keys = new TreeSet<>(Set.of("select"));
        options.forEach(option -> keys.add(option.substring(2)));
        return List.copyOf(keys);
    }

    /** {@return whether the value of an option is the name of a file} */
    static boolean takesFile(String key) {
        return FILES.contains("--" + key);
    }

    private static Map<String, ExportFormat> all() {
        Map<String, ExportFormat> all = new LinkedHashMap<>();
        String trustee = "Trustee (Confidential Containers)";
        Function<ExportCall, ReferenceSet> every = ExportCall::references;
        Function<ExportCall, ReferenceSet> rvpsShown = export -> Rvps.shown(export.references(), export.evidence());
        add(
                all,
                "rvps",
                trustee,
                "records of RVPS, for its LocalJson storage or a ConfigMap",
                with(RVPS, "--expires"),
                rvpsShown,
                export -> text(export.rvps().records(export.expires())));
        add(
                all,
                "rvps-message",
                trustee,
                "the message that registers the values: rvps-tool, POST of KBS",
                RVPS,
                rvpsShown,
                export -> text(export.rvps().message()));
        add(
                all,
                "rvps-legacy",
                trustee,
                "records of RVPS before 2026, with hash-value",
                Set.of("--evidence", "--name", "--expires"),
                rvpsShown,
                export -> text(export.rvpsOfDigests().legacyRecords(export.expires())));
        add(
                all,
                "rvps-rego",
                trustee,
                "rules for the attestation policy that compare claims with these values",
                Set.of("--evidence", "--name"),
                rvpsShown,
                export -> text(export.rvpsOfDigests().rego()));
        add(
                all,
                "rvps-corim",
                trustee,
                "the message that registers a CoRIM",
                without(CORIM, "--corim-for", "--chip-key", "--policy"),
                export -> held(export, CorimExport.Reader.TRUSTEE),
                export -> text(Rvps.message(export.corimExport(CorimExport.Reader.TRUSTEE)
                        .corim(export.references())
                        .encode())));
        String corim = "CoRIM (Veraison, AMD's profile, Trustee)";
        add(
                all,
                "corim",
                corim,
                "a reference integrity manifest, not signed, CBOR",
                CORIM,
                export -> held(export, export.corimReader()),
                export -> export.corim().encode());
        add(
                all,
                "corim-signed",
                corim,
                "the same, signed: COSE_Sign1 with ES256, ES384 or ES512",
                with(with(CORIM, "--signer", "--signer-uri", "--key-id"), SIGNED.toArray(String[]::new)),
                export -> held(export, export.corimReader()),
                ExportCall::signedCorim);
        String inToto = "in-toto (actions/attest, cosign)";
        add(
                all,
                "in-toto-predicate",
                inToto,
                "the predicate alone; its type is " + InToto.PREDICATE_TYPE,
                Set.of(),
                every,
                export -> text(InToto.predicate(export.references())));
        add(
                all,
                "in-toto",
                inToto,
                "the statement about the files that the values come from",
                Set.of("--subject"),
                every,
                export -> text(InToto.statement(export.references(), export.subjects())));
        add(
                all,
                "dsse",
                inToto,
                "the same in a signed envelope",
                with(SIGNED, "--subject", "--key-id"),
                every,
                export -> text(Dsse.envelope(
                        export.references(), export.subjects(), export.call().value("--key-id"), export.ecKey())));
        tpm(all);
        clouds(all);
        String plain = "Scripts";
        add(
                all,
                "hex",
                plain,
                "each value once, a line of hexadecimal each",
                Set.of(),
                every,
                export -> text(PlainList.hex(export.references())));
        add(
                all,
                "text",
                plain,
                "ID  VALUE, a line each",
                Set.of(),
                every,
                export -> text(PlainList.ids(export.references())));
        add(
                all,
                "json",
                plain,
                "one value a register, as tdx-measure and dstack-mr print it: {\"mrtd\": ..., \"rtmr0\": ...}",
                Set.of(),
                every,
                export -> text(PlainList.flatJson(export.references())));
        return all;
    }

    private static void tpm(Map<String, ExportFormat> all) {
        String systemd = "systemd and TPM tools";
        Function<ExportCall, ReferenceSet> pcrs = export -> pcrs(export.references());
        add(
                all,
                "pcrsig",
                systemd,
                "tpm2-pcr-signature.json, the .pcrsig section: signs PCR 11",
                SIGNED,
                export ->
                        export.references().only(value -> value.register().id().equals("pcr11")),
                export -> text(SystemdMeasure.sign(
                                export.pcr11(),
                                PcrSignature.EMPTY,
                                export.policyKey(),
                                Optional.empty(),
                                SignatureHash.SHA256)
                        .toJson(JsonStyle.SHORT)));
        add(
                all,
                "pcrlock",
                systemd,
                "a .pcrlock component: every event; needs a result with --trace",
                Set.of(),
                pcrs,
                export -> text(export.pcrlock().toJson()));
        add(
                all,
                "pcrlock-predict",
                systemd,
                "what systemd-pcrlock predict prints: all right values",
                Set.of(),
                pcrs,
                export -> text(export.pcrValues().pcrlockPrediction(JsonStyle.PRETTY)));
        add(
                all,
                "tpm2-yaml",
                systemd,
                "what tpm2_pcrread prints",
                Set.of(),
                pcrs,
                export -> text(export.singlePcrs().tpm2Yaml()));
        add(
                all,
                "tpm2-binary",
                systemd,
                "what tpm2_pcrread -o writes and tpm2_policypcr -f takes",
                Set.of(),
                pcrs,
                export -> export.singlePcrs().tpm2Binary());
        add(
                all,
                "compute-pcrs",
                systemd,
                "compute-pcrs and the label org.coreos.pcrs: PCRs with events; needs a result with --trace",
                Set.of(),
                export -> ComputePcrs.shown(export.references()),
                export -> text(ComputePcrs.json(ComputePcrs.of(export.references(), export.events()), false)));
        add(
                all,
                "keylime",
                systemd,
                "a tpm_policy of Keylime with its mask, as the verifier takes and keeps it",
                Set.of(),
                export -> TpmPolicies.keylimeShown(export.references()),
                export -> text(TpmPolicies.keylime(export.references())));
        add(
                all,
                "keylime-tenant",
                systemd,
                "the same without the mask, which keylime_tenant --tpm_policy refuses",
                Set.of(),
                export -> TpmPolicies.keylimeShown(export.references()),
                export -> text(TpmPolicies.keylimeTenant(export.references())));
    }

    private static void clouds(Map<String, ExportFormat> all) {
        String clouds = "Clouds and confidential Kubernetes";
        add(
                all,
                "nitro",
                clouds,
                "measurements of a NitroTPM, as nitro-tpm-pcr-compute prints them",
                Set.of(),
                export -> TpmPolicies.kmsShown(export.references()),
                export -> text(new ExportCall(export.call(), TpmPolicies.kmsShown(export.references()), export.events())
                        .singlePcrs()
                        .nitroMeasurements()));
        add(
                all,
                "kms",
                clouds,
                "the condition of an AWS KMS key policy on NitroTPM PCRs",
                Set.of(),
                export -> TpmPolicies.kmsShown(export.references()),
                export -> text(TpmPolicies.kmsCondition(export.references())));
        add(
                all,
                "azure",
                clouds,
                "a policy of Microsoft Azure Attestation",
                Set.of(),
                export -> CloudPolicies.azureShown(export.references()),
                export -> text(CloudPolicies.azure(export.references())));
        add(
                all,
                "intel",
                clouds,
                "a policy of Intel Trust Authority, Rego",
                Set.of(),
                export -> CloudPolicies.trustAuthorityShown(export.references()),
                export -> text(CloudPolicies.trustAuthority(export.references())));
        add(
                all,
                "gce",
                clouds,
                "a golden measurement as Google Compute Engine has it, JSON of the protocol buffer",
                Set.of(),
                export -> CloudPolicies.gceShown(export.references()),
                export -> text(CloudPolicies.gce(export.references())));
        add(
                all,
                "contrast",
                clouds,
                "patches for the reference values of a Contrast manifest",
                Set.of("--platform", "--product"),
                export -> Contrast.shown(export.references()),
                export -> text(new Contrast(
                                export.call()
                                        .value("--platform")
                                        .orElseThrow(() -> Complaint.usage(
                                                "--platform is missing: a patch names the platform of the entries that it is for",
                                                "such as Metal-QEMU-SNP or Metal-QEMU-TDX")),
                                export.call().value("--product"))
                        .json(export.references())));
        add(
                all,
                "constellation",
                clouds,
                "measurements of a Constellation image, version 2",
                Set.of("--image-version", "--image-ref", "--image-stream", "--csp", "--attestation-variant"),
                export -> Constellation.shown(export.references()),
                export -> text(new Constellation(
                                export.call()
                                        .value("--image-version")
                                        .orElseThrow(() -> Complaint.usage(
                                                "--image-version is missing: the file names the version of the image",
                                                "such as v2.16.0")),
                                export.text("--image-ref", "-"),
                                export.text("--image-stream", "stable"),
                                export.text("--csp", "QEMU"))
                        .json(export.references(), export.text("--attestation-variant", ""))));
    }

    private static void add(
            Map<String, ExportFormat> all,
            String name,
            String group,
            String summary,
            Set<String> options,
            Function<ExportCall, ReferenceSet> shown,
            Function<ExportCall, byte[]> writer) {
        all.put(name, new ExportFormat(name, group, summary, options, shown, writer));
    }

    private static ReferenceSet pcrs(ReferenceSet references) {
        return references.only(value -> value.register() instanceof Register.Pcr);
    }

    private static ReferenceSet held(ExportCall export, CorimExport.Reader reader) {
        return export.references().only(export.corimExport(reader)::holds);
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static Set<String> with(Set<String> options, String... more) {
        Set<String> all = new TreeSet<>(options);
        all.addAll(List.of(more));
        return all;
    }

    private static Set<String> without(Set<String> options, String... fewer) {
        Set<String> all = new TreeSet<>(options);
        List.of(fewer).forEach(all::remove);
        return all;
    }
}
