package dev.measure.cli;

import dev.measure.MalformedInputException;
import dev.measure.Source;
import dev.measure.corim.Comid;
import dev.measure.corim.Corim;
import dev.measure.corim.CorimDigest;
import dev.measure.corim.CorimFile;
import dev.measure.corim.CorimTag;
import dev.measure.corim.EntityMap;
import dev.measure.corim.MeasurementMap;
import dev.measure.corim.ReferenceTriple;
import dev.measure.corim.SignedCorim;
import dev.measure.sign.VerificationKey;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What is in a reference integrity manifest (CoRIM), or in a tag out of one. */
final class CorimReport {
    private final Source file;
    private final String kind;
    private final String title;
    private final Map<String, String> facts = new LinkedHashMap<>();
    private final List<Map<String, Object>> references = new ArrayList<>();
    private boolean trusted = true;

    /** Without a CBOR tag in front, only files of this size are tried. */
    private static final long MAX_UNTAGGED = 1 << 16;

    private CorimReport(Source file, CorimFile content, Optional<VerificationKey> key) {
        this.file = file;
        if (content instanceof CorimFile.Signed signed) {
            kind = "signed-corim";
            title = "signed reference integrity manifest (CoRIM in COSE_Sign1)";
            signature(signed.signed(), key);
            manifest(signed.signed().corim());
        } else if (content instanceof CorimFile.Unsigned unsigned) {
            kind = "corim";
            title = "reference integrity manifest (CoRIM), not signed";
            manifest(unsigned.corim());
        } else if (content instanceof CorimFile.ComidAlone alone) {
            kind = "comid";
            title = "module identifier (CoMID) outside of a manifest";
            tag(alone.comid());
        } else if (content instanceof CorimFile.Opaque opaque) {
            kind = "corim-tag";
            title = opaque.name() + ", which is not looked into";
        } else {
            throw new AssertionError(content);
        }
    }

    /**
     * {@return the inventory of a file, if it is of this family}
     *
     * @param file the file
     * @param key checks the signature
     */
    static Optional<CorimReport> of(Source file, Optional<VerificationKey> key) {
        if (CorimFile.looksLike(file)) {
            return Optional.of(new CorimReport(file, CorimFile.read(file), key));
        }
        if (file.length() == 0
                || file.length() > MAX_UNTAGGED
                || (file.slice(0, 1).toByteArray()[0] & 0xe0) != 0xa0) {
            return Optional.empty();
        }
        try {
            return Optional.of(new CorimReport(file, CorimFile.read(file), key));
        } catch (MalformedInputException e) {
            return Optional.empty(); // then it is something else that begins like a map of CBOR
        }
    }

    private void signature(SignedCorim signed, Optional<VerificationKey> key) {
        facts.put("algorithm", signed.algorithm().map(Enum::name).orElse("COSE " + signed.algorithmId()));
        signed.keyId().ifPresent(id -> facts.put("key id", id));
        signed.meta().ifPresent(meta -> {
            facts.put(
                    "signer", meta.signer() + meta.uri().map(uri -> ", " + uri).orElse(""));
            meta.validity().ifPresent(times -> facts.put("signature holds", times.text()));
        });
        if (key.isEmpty()) {
            facts.put("signature", "not checked: no --public-key is given");
            return;
        }
        Optional<String> refusal = signed.refusal(key.get());
        if (refusal.isPresent()) {
            trusted = false;
            facts.put("signature", "not taken: " + refusal.get());
            return;
        }
        trusted = signed.verify(key.get());
        facts.put("signature", trusted ? "good" : "not by this key, or what it covers was changed");
    }

    private void manifest(Corim corim) {
        facts.put("id", corim.id().text());
        corim.profile().ifPresent(uri -> facts.put("profile", uri));
        corim.validity().ifPresent(times -> facts.put("holds", times.text()));
        entities("by", corim.entities());
        facts.put(
                "tags",
                String.join(", ", corim.tags().stream().map(CorimTag::name).toList()));
        corim.comids().forEach(this::tag);
    }

    private void entities(String name, List<EntityMap> entities) {
        if (!entities.isEmpty()) {
            facts.put(
                    name,
                    String.join(
                            "; ",
                            entities.stream()
                                    .map(entity -> entity.name()
                                            + entity.regId()
                                                    .map(uri -> ", " + uri)
                                                    .orElse(""))
                                    .toList()));
        }
    }

    private void tag(Comid comid) {
        facts.merge("CoMID id", comid.id().text(), (a, b) -> a + ", " + b);
        entities("CoMID by", comid.entities());
        comid.otherTriples()
                .forEach((of, count) -> facts.merge("other triples", of + " (" + count + ")", (a, b) -> a + ", " + b));
        for (ReferenceTriple triple : comid.referenceTriples()) {
            String environment = triple.environment().text();
            for (MeasurementMap measurement : triple.measurements()) {
                String element = measurement.keyText()
                        + measurement.name().map(name -> " " + name).orElse("");
                measurement.digests().forEach(digest -> reference(environment, element, digest));
                measurement
                        .rawValue()
                        .ifPresent(hex -> references.add(FirmwareReport.row(
                                "environment", environment, "element", element, "alg", "raw-value", "value", hex)));
                measurement
                        .integrityRegisters()
                        .forEach((register, digests) -> digests.forEach(
                                digest -> reference(environment, (element + " " + register).strip(), digest)));
            }
        }
    }

    private void reference(String environment, String element, CorimDigest digest) {
        references.add(FirmwareReport.row(
                "environment", environment, "element", element, "alg", digest.algorithm(), "value", digest.hex()));
    }

    /** {@return whether the signature was not found to be wrong} */
    boolean isTrusted() {
        return trusted;
    }

    void print(Page page) {
        page.heading(file.name() + ": " + title + ", " + file.length() + " bytes");
        Table fields = new Table("field", "value");
        facts.forEach(fields::row);
        page.table("Manifest", fields);
        Table values = new Table("environment", "element", "algorithm", "value");
        references.forEach(row -> values.row(
                (String) row.get("environment"), (String) row.get("element"), (String) row.get("alg"), (String)
                        row.get("value")));
        page.table("Reference values", values);
    }

    Map<String, Object> found() {
        return FirmwareReport.row(
                "file",
                file.name(),
                "kind",
                kind,
                "size",
                file.length(),
                "manifest",
                facts,
                "referenceValues",
                references);
    }
}
