package dev.measure.cli;

import dev.measure.cli.CheckReport.Finding;

/** Workflow commands of GitHub, which make annotations. */
final class GithubReport {
    private GithubReport() {}

    /** {@return a line for each finding} */
    static String annotations(CheckReport report) {
        StringBuilder lines = new StringBuilder();
        for (Finding finding : report.findings()) {
            lines.append("::error file=")
                    .append(property(finding.file()))
                    .append(",line=")
                    .append(finding.line())
                    .append(finding.column() == Finding.NO_COLUMN ? "" : ",col=" + finding.column())
                    .append(",title=")
                    .append(property(report.title() + ": " + finding.title()))
                    .append("::")
                    .append(data(finding.message()))
                    .append('\n');
        }
        return lines.toString();
    }

    private static String data(String text) {
        return Talk.printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A");
    }

    private static String property(String text) {
        return data(text).replace(":", "%3A").replace(",", "%2C");
    }
}
