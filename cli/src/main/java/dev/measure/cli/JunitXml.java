package dev.measure.cli;

import dev.measure.cli.CheckReport.Case;
import dev.measure.cli.CheckReport.Outcome;

/**
 * JUnit XML by the schema of Ant's reports (JUnit.xsd), which demands a host, a time and durations: they are the same in every file, so
 * that two runs write the same bytes.
 */
final class JunitXml {
    private JunitXml() {}

    /** {@return a suite with a test case for each thing that was looked at} */
    static String of(CheckReport report) {
        StringBuilder xml = new StringBuilder("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        xml.append("<testsuites>\n  <testsuite package=\"measure\" id=\"0\" name=\"")
                .append(escape(report.title() + " " + report.subject()))
                .append("\" hostname=\"localhost\" timestamp=\"1970-01-01T00:00:00\" tests=\"")
                .append(report.cases().size())
                .append("\" failures=\"")
                .append(report.count(Outcome.FAILED))
                .append("\" errors=\"")
                .append(report.count(Outcome.ERROR))
                .append("\" skipped=\"")
                .append(report.count(Outcome.SKIPPED))
                .append("\" time=\"0\">\n    <properties/>\n");
        report.cases().forEach(one -> add(xml, one));
        return xml.append("    <system-out/>\n    <system-err/>\n  </testsuite>\n</testsuites>\n")
                .toString();
    }

    private static void add(StringBuilder xml, Case one) {
        xml.append("    <testcase classname=\"measure.")
                .append(escape(one.group()))
                .append("\" name=\"")
                .append(escape(one.name()))
                .append("\" time=\"0\"");
        switch (one.outcome()) {
            case PASSED -> xml.append("/>\n");
            case SKIPPED ->
                xml.append(">\n      <skipped message=\"")
                        .append(escape(one.message()))
                        .append("\"/>\n    </testcase>\n");
            case FAILED -> add(xml, "failure", one);
            case ERROR -> add(xml, "error", one);
        }
    }

    private static void add(StringBuilder xml, String kind, Case one) {
        xml.append(">\n      <")
                .append(kind)
                .append(" type=\"")
                .append(one.rule().id())
                .append("\" message=\"")
                .append(escape(one.message()))
                .append("\">")
                .append(escape(one.text()))
                .append("</")
                .append(kind)
                .append(">\n    </testcase>\n");
    }

    /** Text comes from untrusted files; of characters only those that XML allows. */
    private static String escape(String text) {
        StringBuilder safe = new StringBuilder();
        for (char c : text.toCharArray()) {
            switch (c) {
                case '&' -> safe.append("&amp;");
                case '<' -> safe.append("&lt;");
                case '>' -> safe.append("&gt;");
                case '"' -> safe.append("&quot;");
                case '\n' -> safe.append("&#10;");
                default -> safe.append(c < ' ' || c > 0xfffd || Character.isSurrogate(c) ? '?' : c);
            }
        }
        return safe.toString();
    }
}
