//! Plots as SVG.

use super::definition::{BASE, Definitions, Operation, shown};
use super::results::Results;
use crate::Result;
use plotters::prelude::*;

/// Colours that differ in lightness too.
const COLOURS: [RGBColor; 10] = [
    RGBColor(204, 51, 17),
    RGBColor(0, 119, 187),
    RGBColor(0, 153, 136),
    RGBColor(238, 119, 51),
    RGBColor(170, 68, 153),
    RGBColor(136, 136, 136),
    RGBColor(34, 34, 34),
    RGBColor(153, 153, 51),
    RGBColor(102, 204, 238),
    RGBColor(136, 34, 85),
];

/// The ratio to the system calls over the operation's values; `None` if nothing was measured.
///
/// # Errors
/// The library's.
pub fn of(definitions: &Definitions, operation: &Operation, results: &Results) -> Result<Option<String>> {
    let of_it: Vec<_> = results
        .lines
        .iter()
        .filter(|line| line.operation == operation.id && line.subject != BASE)
        .collect();
    let values: Vec<u64> = operation
        .values
        .iter()
        .copied()
        .filter(|value| of_it.iter().any(|line| line.value == *value))
        .collect();
    if values.is_empty() {
        return Ok(None);
    }
    let low = of_it.iter().map(|line| line.ratio.median).fold(1.0, f64::min) * 0.8;
    let high = of_it.iter().map(|line| line.ratio.median).fold(1.0, f64::max) * 1.25;
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (900, 440)).into_drawing_area();
        area.fill(&WHITE)?;
        let (chart, legend) = area.split_horizontally(600);
        let last = values.len() as f64 - 1.0;
        let mut context = ChartBuilder::on(&chart)
            .caption(&operation.title, ("sans-serif", 20))
            .margin(10)
            .x_label_area_size(42)
            .y_label_area_size(64)
            .build_cartesian_2d(-0.25..last + 0.25, (low..high).log_scale())?;
        context
            .configure_mesh()
            .disable_x_mesh()
            .x_labels(values.len() * 8)
            .x_label_formatter(&|at| {
                // The axis is a scale of positions; only whole ones have a value.
                let whole = (at - at.round()).abs() < 1e-6 && *at >= 0.0;
                let value = whole.then(|| values.get(at.round() as usize)).flatten();
                value.map_or(String::new(), |value| shown(&operation.parameter, *value))
            })
            .x_desc(&operation.parameter)
            .y_desc("ratio to the system calls (less is better)")
            .y_label_formatter(&|ratio| super::results::number(*ratio))
            .draw()?;
        context.draw_series(LineSeries::new(
            [(-0.25, 1.0), (last + 0.25, 1.0)],
            BLACK.mix(0.5).stroke_width(1),
        ))?;
        let mut number = 0;
        for subject in definitions
            .subjects_of(operation)
            .filter(|subject| subject.id != BASE)
        {
            let points: Vec<_> = values
                .iter()
                .enumerate()
                .filter_map(|(at, value)| {
                    Some((at as f64, results.line(&operation.id, *value, &subject.id)?.ratio))
                })
                .collect();
            if points.is_empty() {
                continue;
            }
            let colour = COLOURS[number % COLOURS.len()];
            let width = if subject.id.starts_with("filemap") { 3 } else { 1 };
            context.draw_series(LineSeries::new(
                points.iter().map(|(at, ratio)| (*at, ratio.median)),
                colour.stroke_width(width),
            ))?;
            context.draw_series(points.iter().map(|(at, ratio)| {
                let q1 = ratio.q1.max(low);
                ErrorBar::new_vertical(*at, q1, ratio.median, ratio.q3.min(high), colour.filled(), 8)
            }))?;
            let y = 44 + 24 * number as i32;
            legend.draw(&PathElement::new([(4, y), (28, y)], colour.stroke_width(width)))?;
            legend.draw(&Text::new(&*subject.name, (36, y - 7), ("sans-serif", 14)))?;
            number += 1;
        }
        area.present()?;
    }
    Ok(Some(text))
}
