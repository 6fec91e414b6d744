package dev.measure;

/**
 * Something a prediction takes for granted because nobody said otherwise.
 *
 * @param key what it is about, in the spelling of options and ids
 * @param value the value taken
 * @param why the reason, and when it would be wrong
 */
public record Assumption(String key, String value, String why) {}
