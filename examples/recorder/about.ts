import "../theme/theme.css";
import "./style.css";
