/** How this project reads bytes. Not exported to users. */
package dev.measure.parse;
