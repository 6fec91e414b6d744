package dev.measure.cli;

import dev.measure.Source;
import dev.measure.export.ReferenceFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What is in a file of reference values in JSON. */
record ReferenceReport(Source file, ReferenceFile content) {

    /** {@return the inventory of a file, if it begins like one of these} */
    static Optional<ReferenceReport> of(Source file) {
        return ReferenceFile.looksLike(file)
                ? Optional.of(new ReferenceReport(file, ReferenceFile.read(file)))
                : Optional.empty();
    }

    void print(Page page) {
        page.heading(file.name() + ": " + content.kind().text() + ", " + file.length() + " bytes");
        Table facts = new Table("field", "value");
        content.facts().forEach(facts::row);
        page.table("File", facts);
        Table values = new Table("name", "value");
        content.values().forEach((name, texts) -> texts.forEach(text -> values.row(name, text)));
        page.table("Reference values", values);
    }

    Map<String, Object> found() {
        List<Map<String, Object>> references = new ArrayList<>();
        content.values()
                .forEach((name, texts) -> texts.forEach(text -> references.add(
                        FirmwareReport.row("environment", "", "element", name, "alg", "text", "value", text))));
        return FirmwareReport.row(
                "file",
                file.name(),
                "kind",
                content.kind().id(),
                "size",
                file.length(),
                "manifest",
                content.facts(),
                "referenceValues",
                references);
    }
}
